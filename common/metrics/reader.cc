#include "common/metrics/reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "common/base/unique_fd.h"

namespace funnel::metrics {
namespace {

constexpr std::size_t kMaxFileBytes = sizeof(Header) + kMaxEntries * sizeof(Entry);
constexpr std::size_t kMaxFiles = 1024;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}
bool IsPrintable(char c) { return c > ' ' && c < 0x7f; }

// A NUL-padded field of SIZE bytes: at least one character, all of them allowed, a NUL at the end.
template <typename Allowed>
Result<std::string> TakeName(const char* field, std::size_t size, Allowed allowed) {
  std::size_t length = strnlen(field, size);
  if (length == 0 || length == size || !std::all_of(field, field + length, allowed)) {
    return Fail("not a counter file: bad name in it");
  }
  return std::string(field, length);
}

Result<CounterValue> TakeEntry(ByteView bytes) {
  Entry entry;
  std::memcpy(&entry, bytes.data(), sizeof entry);
  CounterValue out;
  out.name = TRY(TakeName(entry.name, kNameSize, IsNameCharacter));
  if (entry.kind > static_cast<std::uint32_t>(Kind::kGauge))
    return Fail("not a counter file: unknown kind");
  out.kind = static_cast<Kind>(entry.kind);
  out.value = entry.value;
  return out;
}

Result<Bytes> ReadAll(int fd) {
  Bytes bytes(kMaxFileBytes + 1);
  std::size_t size = 0;
  while (size < bytes.size()) {
    ssize_t count = pread(fd, bytes.data() + size, bytes.size() - size, static_cast<off_t>(size));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("cannot read it");
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  bytes.resize(size);
  return bytes;
}

// Asks without taking the lock, which a daemon that starts just now would find taken.
bool IsHeld(int fd) {
  struct flock lock{};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

std::uint64_t Snapshot::Value(std::string_view name) const {
  for (const CounterValue& value : values) {
    if (value.name == name) return value.value;
  }
  return 0;
}

Result<Snapshot> ParseCounters(ByteView bytes) {
  Header header;
  if (bytes.size() < sizeof header) return Fail("not a counter file: too short");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) return Fail("not a counter file");
  if (header.version != kVersion)
    return Fail("a counter file of version " + std::to_string(header.version));
  if (header.entry_count > kMaxEntries ||
      bytes.size() != sizeof header + std::size_t{header.entry_count} * sizeof(Entry)) {
    return Fail("not a counter file: its size does not fit its table");
  }

  Snapshot out;
  out.daemon = TRY(TakeName(header.daemon, kDaemonNameSize, IsPrintable));
  out.pid = header.pid;
  out.started = header.started;
  out.starts = header.starts;
  out.beat = header.beat;

  for (std::size_t at = sizeof header; at < bytes.size(); at += sizeof(Entry)) {
    out.values.push_back(TRY(TakeEntry(bytes.subspan(at, sizeof(Entry)))));
  }
  return out;
}

Result<Snapshot> CounterReader::Open(const std::string& path, const OwnerCheck& owner_check) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return FailErrno("cannot open it");
  struct stat about{};
  if (fstat(fd.get(), &about) != 0) return FailErrno("cannot look at it");
  if (!S_ISREG(about.st_mode)) return Fail("not a counter file: not a regular file");
  if (owner_check) TRY(owner_check(path.substr(path.rfind('/') + 1), about.st_uid));
  Bytes bytes = TRY(ReadAll(fd.get()));
  Snapshot out = TRY(ParseCounters(bytes));
  out.alive = IsHeld(fd.get());
  return out;
}

Result<std::vector<CounterFileEntry>> ReadCounterFolder(const std::string& path,
                                                        const OwnerCheck& owner_check) {
  std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (!folder) return FailErrno("cannot list " + path);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] != '.' && names.size() < kMaxFiles) names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  std::vector<CounterFileEntry> out;
  for (std::string& name : names) {
    auto snapshot = CounterReader::Open(path + '/' + name, owner_check);
    out.push_back({std::move(name), std::move(snapshot)});
  }
  return out;
}

}  // namespace funnel::metrics
