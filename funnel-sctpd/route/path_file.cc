#include "funnel-sctpd/route/path_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "common/base/log.h"
#include "common/base/unique_fd.h"

namespace funnel::sctpd {
namespace {

// A line has 100 bytes; a larger file is not ours.
constexpr std::size_t kMaxFileBytes = 8 * 1024 * 1024;

Result<std::string> ReadAll(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return FailErrno(path);
  std::string text;
  char piece[4096];
  for (;;) {
    ssize_t got = ::read(fd.get(), piece, sizeof piece);
    if (got < 0) return FailErrno(path);
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
    if (text.size() > kMaxFileBytes) return Fail(path + ": too large");
  }
}

Result<> Replace(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                     S_IRUSR | S_IWUSR));
  if (!fd) return FailErrno(fresh);
  ssize_t wrote = ::write(fd.get(), text.data(), text.size());
  if (wrote < 0) return FailErrno(fresh);
  if (static_cast<std::size_t>(wrote) != text.size()) return Fail(fresh + ": no room");
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return FailErrno(path);
  return {};
}

}  // namespace

PathMemory PathFile::Load() const {
  PathMemory memory;
  auto text = ReadAll(path_);
  if (!text) {
    if (text.error().code != ENOENT)
      Log(LogLevel::kWarning, "routes-not-kept", "not read: " + text.error().message);
    return memory;
  }
  if (auto parsed = memory.Parse(*text); !parsed)
    Log(LogLevel::kWarning, "routes-not-kept", path_ + ": " + parsed.error().message);
  return memory;
}

void PathFile::Save(const PathMemory& memory) {
  auto saved = Replace(path_, memory.Serialize());
  if (saved) {
    complained_ = false;
  } else if (!std::exchange(complained_, true)) {
    Log(LogLevel::kWarning, "routes-not-kept", "not written: " + saved.error().message);
  }
}

}  // namespace funnel::sctpd
