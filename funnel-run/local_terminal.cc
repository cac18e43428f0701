#include "funnel-run/local_terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace funnel::run {

std::unique_ptr<LocalTerminal> LocalTerminal::Find(int input, int output) {
  const char* type = ::getenv("TERM");
  if (type == nullptr || !command::IsTerminalType(type)) return nullptr;
  if (::isatty(input) == 0 || ::isatty(output) == 0) return nullptr;
  return std::unique_ptr<LocalTerminal>(new LocalTerminal(input, type));
}

command::WindowSize LocalTerminal::size() const {
  winsize window{};
  if (::ioctl(input_, TIOCGWINSZ, &window) != 0) return {};
  return {window.ws_row, window.ws_col};
}

void LocalTerminal::MakeRaw() {
  if (::tcgetpgrp(input_) != ::getpgrp()) return;
  termios modes{};
  if (::tcgetattr(input_, &modes) != 0) return;
  if (!saved_) saved_ = modes;
  ::cfmakeraw(&modes);
  modes.c_cc[VMIN] = 1;
  modes.c_cc[VTIME] = 0;
  (void)::tcsetattr(input_, TCSADRAIN, &modes);
}

// From the background it would stop us (SIGTTOU), with the terminal left as it is.
void LocalTerminal::Restore() {
  if (!saved_) return;
  sigset_t stop, before;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTTOU);
  ::sigprocmask(SIG_BLOCK, &stop, &before);
  (void)::tcsetattr(input_, TCSADRAIN, &*saved_);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  saved_.reset();
}

}  // namespace funnel::run
