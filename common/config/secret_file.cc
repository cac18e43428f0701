#include "common/config/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "common/base/unique_fd.h"

namespace funnel::config {
namespace {

// More than any protocol's secret has; what is behind the first line may be cut off.
constexpr std::size_t kMaxFile = 4096;

Secret FirstLine(ByteView file) {
  std::string_view line = AsText(file);
  line = line.substr(0, line.find('\n'));
  const std::size_t begin = std::min(line.find_first_not_of(" \t\r"), line.size());
  line = line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
  return Secret(AsBytes(line));
}

Result<Secret> ReadFile(const std::string& path) {
  // O_NONBLOCK: a pipe would wait for its writer.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return FailErrno("cannot open " + path);
  Secret buffer(kMaxFile);
  std::size_t have = 0;
  while (have < kMaxFile) {
    const ssize_t size = read(fd.get(), buffer.writable().data() + have, kMaxFile - have);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return FailErrno("cannot read " + path);
    if (size == 0) break;
    have += static_cast<std::size_t>(size);
  }

  Secret secret = FirstLine(buffer.view().first(have));
  if (secret.empty()) return Fail(path + " is empty");
  return secret;
}

}  // namespace

Result<Secret> ReadSecret(std::string_view credential, const std::string& path) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  const std::string passed = folder == nullptr ? "" : folder + ('/' + std::string(credential));
  if (passed.empty() || access(passed.c_str(), F_OK) != 0) return ReadFile(path);
  auto secret = ReadFile(passed);
  // The unit has an empty one for a file that was not there.
  if (!secret && secret.error().code == 0) return Fail(path + " was missing or empty at the start");
  return secret;
}

std::optional<std::string> FindSecretDoubt(const std::string& path) {
  struct stat file{};
  if (stat(path.c_str(), &file) != 0) {
    if (errno == EACCES) return std::nullopt;
    return FailErrno("cannot open " + path).error().message;
  }

  if (!S_ISREG(file.st_mode)) return path + " is no file";
  if ((file.st_mode & (S_IROTH | S_IWOTH)) != 0)
    return path + " can be read or written by everybody: chmod o= " + path;
  const auto secret = ReadFile(path);
  if (secret || secret.error().code == EACCES) return std::nullopt;
  return secret.error().message;
}

}  // namespace funnel::config
