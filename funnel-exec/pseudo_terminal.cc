#include "funnel-exec/pseudo_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

namespace funnel::exec {
namespace {

// "/dev/pts/4294967295" fits.
constexpr std::size_t kMaxPath = 64;

}  // namespace

Result<PseudoTerminal> PseudoTerminal::Make(const command::WindowSize& size) {
  PseudoTerminal made;
  made.ours.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!made.ours) return FailErrno("cannot make a terminal");
  if (::grantpt(made.ours.get()) != 0 || ::unlockpt(made.ours.get()) != 0)
    return FailErrno("cannot unlock the terminal");

  char path[kMaxPath];
  if (const int error = ::ptsname_r(made.ours.get(), path, sizeof path); error != 0)
    return FailErrno("cannot find the terminal", error);
  made.command.reset(::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!made.command) return FailErrno("cannot open the terminal");
  SetWindowSize(made.command.get(), size);
  return made;
}

void SetWindowSize(int terminal, const command::WindowSize& size) {
  winsize window{};
  window.ws_row = size.rows;
  window.ws_col = size.columns;
  (void)::ioctl(terminal, TIOCSWINSZ, &window);
}

}  // namespace funnel::exec
