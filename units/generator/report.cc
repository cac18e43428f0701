#include "units/generator/report.h"

#include <fcntl.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/base/unique_fd.h"

namespace funnel::generator {
namespace {

constexpr const char* kKernelLog = "/dev/kmsg";
constexpr const char* kJournal = "/run/systemd/journal/socket";

bool ToKernelLog(Priority priority, std::string_view text) {
  UniqueFd fd(::open(kKernelLog, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return false;
  std::string line = '<' + std::to_string(static_cast<int>(priority)) + ">funnel-generator[" +
                     std::to_string(::getpid()) + "]: " + std::string(text) + '\n';
  return ::write(fd.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

bool ToJournal(Priority priority, std::string_view text) {
  // If there is no journal, sd_journal_send reports success.
  if (::access(kJournal, W_OK) != 0) return false;
  return sd_journal_send("MESSAGE=%.*s", static_cast<int>(text.size()), text.data(), "PRIORITY=%d",
                         static_cast<int>(priority), "SYSLOG_IDENTIFIER=funnel-generator",
                         nullptr) == 0;
}

}  // namespace

void Report(Priority priority, std::string_view text) {
  // systemd.generator(7) sets it; without it an administrator or a test has started us.
  bool by_manager = std::getenv("SYSTEMD_SCOPE") != nullptr;
  if (by_manager && (ToKernelLog(priority, text) || ToJournal(priority, text))) return;
  std::fprintf(stderr, "funnel-generator: %.*s\n", static_cast<int>(text.size()), text.data());
}

}  // namespace funnel::generator
