#include "common/service/channel/key_log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "common/base/log.h"
#include "common/seal/key_schedule.h"
#include "common/service/counters.h"
#include "common/wire/frame/suite.h"

namespace funnel::service {
namespace {

constexpr char kHeading[] =
    "# Funnel keys. Whoever reads this can read and forge what the service carries.\n";
constexpr std::size_t kMostText = 256;

// The hexadecimal digits of BYTES, followed by a zero byte.
template <std::size_t kSize>
void StoreHex(ByteView bytes, std::array<char, kSize>& out) {
  static_assert(kSize % 2 == 1);
  for (std::size_t i = 0; i < kSize / 2; ++i) {
    out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  out.back() = 0;
}

// Prints one direction's line, and wipes what it leaves elsewhere.
std::size_t PrintLine(const seal::FrameKeys& keys, bool of_initiator,
                      std::array<char, kMostText>& out) {
  const ByteView material =
      keys.key.subspan(of_initiator ? 0 : seal::kAeadDirectionSize, seal::kAeadDirectionSize);
  std::array<char, 2 * seal::kAeadKeySize + 1> key;
  std::array<char, 2 * seal::kAeadIvSize + 1> iv;
  StoreHex(material.first(seal::kAeadKeySize), key);
  StoreHex(material.last(seal::kAeadIvSize), iv);
  const int size = std::snprintf(out.data(), out.size(), "%u %08x %u %s %s %s\n", keys.suite,
                                 keys.channel.value(), keys.epoch.value(),
                                 of_initiator ? "initiator" : "acceptor", key.data(), iv.data());
  explicit_bzero(key.data(), key.size());
  return static_cast<std::size_t>(size);
}

}  // namespace

KeyLog::KeyLog(std::string path, metrics::CounterFile& counters)
    : path_(std::move(path)), counters_(counters) {}

void KeyLog::SetLimit(const config::ServiceConfig& service) {
  service_ = service.name.text();
  const bool was_on = limit_ != 0;
  limit_ = service.key_log_bytes;
  const bool is_on = limit_ != 0;
  counters_[kKeyLog] = is_on ? 1 : 0;
  if (is_on == was_on) return;
  file_.reset();
  if (is_on)
    Log(LogLevel::kWarning, "key-log",
        "keys are written to " + path_ + ": whoever reads it can read all that is carried",
        {{"SERVICE", service_}});
  else
    Log(LogLevel::kNotice, "key-log",
        "keys are not written any more; what is in " + path_ + " stays", {{"SERVICE", service_}});
}

void KeyLog::Add(const seal::FrameKeys& keys) {
  const wire::SuiteTraits* suite = wire::FindSuite(keys.suite);
  if (limit_ == 0 || suite == nullptr || !suite->has_share ||
      keys.key.size() != seal::kAeadMaterialSize)
    return;
  if (!file_) {
    if (auto opened = Open(); !opened) {
      counters_[kKeysNotLogged] += 2;
      return Log(LogLevel::kWarning, "key-log", opened.error().message, {{"SERVICE", service_}});
    }
  }

  for (const bool of_initiator : {true, false}) {
    std::array<char, kMostText> line;
    if (!Write(line.data(), PrintLine(keys, of_initiator, line))) ++counters_[kKeysNotLogged];
    explicit_bzero(line.data(), line.size());
  }
}

Result<> KeyLog::Open() {
  UniqueFd file(
      ::open(path_.c_str(),
             O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
  if (!file) return FailErrno("cannot open " + path_);
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) return FailErrno("cannot look at " + path_);
  if (!S_ISREG(about.st_mode) || about.st_uid != ::geteuid() || about.st_nlink != 1)
    return Fail(path_ + " is not a regular file of our own");
  if (::fchmod(file.get(), 0600) != 0) return FailErrno("cannot set the mode of " + path_);

  file_ = std::move(file);
  size_ = static_cast<std::uint64_t>(about.st_size);
  if (size_ == 0 && !Write(kHeading, sizeof kHeading - 1)) return Fail("cannot write " + path_);
  return {};
}

bool KeyLog::Write(const char* text, std::size_t size) {
  if (size_ + size > limit_) return false;
  const ssize_t written = ::write(file_.get(), text, size);
  if (written > 0) size_ += static_cast<std::uint64_t>(written);
  return written == static_cast<ssize_t>(size);
}

}  // namespace funnel::service
