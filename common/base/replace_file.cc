#include "common/base/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "common/base/unique_fd.h"

namespace funnel {
namespace {

Result<> WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FailErrno("cannot write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<> FlushFolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return FailErrno(folder);
  return {};
}

}  // namespace

Result<> ReplaceFile(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  const UniqueFd fd(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return FailErrno(fresh);
  if (auto written = WriteAll(fd.get(), text); !written)
    return Fail(fresh + ": " + written.error().message, written.error().code);
  if (::fsync(fd.get()) != 0) return FailErrno(fresh);
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return FailErrno(path);
  return FlushFolderOf(path);
}

}  // namespace funnel
