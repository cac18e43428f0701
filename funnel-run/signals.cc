#include "funnel-run/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "common/command/control_message.h"

namespace funnel::run {
namespace {

// What somebody (nohup, or a shell without job control) wants us not to notice.
bool IsIgnored(int number) {
  struct sigaction action{};
  return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Result<UniqueFd> TakeSignals(bool has_terminal) {
  sigset_t set;
  ::sigemptyset(&set);
  for (int number = 1; number < NSIG; ++number)
    if (command::IsPassedOn(number) && !IsIgnored(number)) ::sigaddset(&set, number);
  if (has_terminal)
    for (const int number : {SIGWINCH, SIGTSTP, SIGCONT})
      if (!IsIgnored(number)) ::sigaddset(&set, number);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return FailErrno("cannot block signals");
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return FailErrno("cannot take signals");
  return fd;
}

}  // namespace funnel::run
