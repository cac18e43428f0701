#include "common/metrics/storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cstring>

#include "common/base/unique_fd.h"

namespace funnel::metrics {
namespace {

namespace ipc = boost::interprocess;

// Boost's own file_mapping opens by path and follows links; this hands it a descriptor that has
// been checked.
class CheckedFile {
 public:
  explicit CheckedFile(int fd) : fd_(fd) {}
  [[nodiscard]] ipc::mapping_handle_t get_mapping_handle() const {
    return ipc::ipcdetail::mapping_handle_from_file_handle(fd_);
  }
  [[nodiscard]] ipc::mode_t get_mode() const { return ipc::read_write; }

 private:
  int fd_;
};

class MappedStorage : public Storage {
 public:
  // The descriptor stays open: it holds the lock.
  MappedStorage(UniqueFd fd, ipc::mapped_region region)
      : fd_(std::move(fd)), region_(std::move(region)) {}
  std::byte* data() override { return static_cast<std::byte*>(region_.get_address()); }

 private:
  UniqueFd fd_;
  ipc::mapped_region region_;
};

class PrivateStorage : public Storage {
 public:
  // Whole u64s, so that the values are aligned for atomic access.
  explicit PrivateStorage(const std::vector<std::byte>& image)
      : words_(image.size() / sizeof(std::uint64_t)) {
    std::memcpy(words_.data(), image.data(), image.size());
  }
  std::byte* data() override { return reinterpret_cast<std::byte*>(words_.data()); }

 private:
  std::vector<std::uint64_t> words_;
};

Result<UniqueFd> OpenOwnFile(const std::string& path) {
  UniqueFd fd(
      open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644));
  if (!fd) return FailErrno("cannot open " + path);

  struct stat about{};
  if (fstat(fd.get(), &about) != 0) return FailErrno("cannot look at " + path);
  bool own = S_ISREG(about.st_mode) && about.st_uid == geteuid() && about.st_nlink == 1 &&
             (about.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!own) return Fail(path + " is not a regular file of our own");
  // Everybody may read counters, whatever the umask.
  if (fchmod(fd.get(), 0644) != 0) return FailErrno("cannot set the mode of " + path);

  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) return FailErrno("another process holds " + path);
  return fd;
}

// Equal but for what changes while a daemon runs.
bool SameLayout(const std::vector<std::byte>& found, const std::vector<std::byte>& image) {
  if (found.size() != image.size()) return false;
  std::vector<std::byte> stable = found;
  auto* header = reinterpret_cast<Header*>(stable.data());
  const auto* fresh = reinterpret_cast<const Header*>(image.data());
  header->pid = fresh->pid;
  header->started = fresh->started;
  header->starts = fresh->starts;
  header->beat = fresh->beat;
  for (std::size_t at = sizeof(Header); at < stable.size(); at += sizeof(Entry)) {
    reinterpret_cast<Entry*>(stable.data() + at)->value = 0;
  }
  return stable == image;
}

// Carries counters (not gauges) and the number of starts over into IMAGE.
void CarryOver(const std::vector<std::byte>& found, std::vector<std::byte>& image) {
  reinterpret_cast<Header*>(image.data())->starts +=
      reinterpret_cast<const Header*>(found.data())->starts;
  for (std::size_t at = sizeof(Header); at < image.size(); at += sizeof(Entry)) {
    auto* entry = reinterpret_cast<Entry*>(image.data() + at);
    if (entry->kind != static_cast<std::uint32_t>(Kind::kCounter)) continue;
    entry->value = reinterpret_cast<const Entry*>(found.data() + at)->value;
  }
}

// What the file holds, at most SIZE + 1 bytes of it; empty where it cannot be read.
std::vector<std::byte> ReadAtMost(int fd, std::size_t size) {
  std::vector<std::byte> found(size + 1);
  ssize_t count = pread(fd, found.data(), found.size(), 0);
  found.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return found;
}

// Blocks are allocated now: on a full disk a store into a hole would kill us with SIGBUS later.
Result<void> WriteImage(int fd, const std::vector<std::byte>& image) {
  if (ftruncate(fd, static_cast<off_t>(image.size())) != 0) return FailErrno("cannot set its size");
  int error = posix_fallocate(fd, 0, static_cast<off_t>(image.size()));
  if (error != 0) return FailErrno("cannot allocate it", error);
  if (pwrite(fd, image.data(), image.size(), 0) != static_cast<ssize_t>(image.size())) {
    return FailErrno("cannot write it");
  }
  return {};
}

}  // namespace

std::vector<std::byte> FreshImage(std::string_view daemon, std::span<const CounterDef> table) {
  std::vector<std::byte> image(sizeof(Header) + table.size() * sizeof(Entry));

  auto* header = reinterpret_cast<Header*>(image.data());
  std::memcpy(header->magic, kMagic, sizeof kMagic);
  header->version = kVersion;
  header->entry_count = static_cast<std::uint32_t>(table.size());
  header->pid = static_cast<std::uint64_t>(getpid());
  header->started = header->beat = static_cast<std::uint64_t>(time(nullptr));
  header->starts = 1;
  std::memcpy(header->daemon, daemon.data(), std::min(daemon.size(), kDaemonNameSize - 1));

  for (std::size_t i = 0; i < table.size(); ++i) {
    auto* entry = reinterpret_cast<Entry*>(image.data() + sizeof(Header) + i * sizeof(Entry));
    std::memcpy(entry->name, table[i].name.data(), std::min(table[i].name.size(), kNameSize - 1));
    entry->kind = static_cast<std::uint32_t>(table[i].kind);
  }
  return image;
}

std::unique_ptr<Storage> MakePrivateStorage(const std::vector<std::byte>& image) {
  return std::make_unique<PrivateStorage>(image);
}

Result<std::unique_ptr<Storage>> MapFile(const std::string& path,
                                         const std::vector<std::byte>& image) {
  UniqueFd fd = TRY(OpenOwnFile(path));
  std::vector<std::byte> found = ReadAtMost(fd.get(), image.size());
  std::vector<std::byte> wanted = image;
  if (SameLayout(found, image)) CarryOver(found, wanted);
  if (auto written = WriteImage(fd.get(), wanted); !written)
    return Fail(path + ": " + written.error().message);
  try {
    ipc::mapped_region region(CheckedFile(fd.get()), ipc::read_write, 0, wanted.size());
    return std::make_unique<MappedStorage>(std::move(fd), std::move(region));
  } catch (const ipc::interprocess_exception& error) {
    return Fail("cannot map " + path + ": " + error.what());
  }
}

}  // namespace funnel::metrics
