// A pseudo-terminal: the command's end is like the terminal of a user, and ours is that user.
#pragma once

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/command/control_message.h"

namespace funnel::exec {

struct PseudoTerminal {
  UniqueFd ours;     // the master
  UniqueFd command;  // the slave; to be made the controlling terminal of a new session (TIOCSCTTY)

  [[nodiscard]] static Result<PseudoTerminal> Make(const command::WindowSize& size);
};

// Either end will do. Its foreground processes get SIGWINCH if it is another size.
void SetWindowSize(int terminal, const command::WindowSize& size);

}  // namespace funnel::exec
