// The signals that funnel-run gets and does not act on itself.
#pragma once

#include "common/base/error.h"
#include "common/base/unique_fd.h"

namespace funnel::run {

// Those that are the command's, and with a terminal those about that, come to the descriptor
// (signalfd(2)) from now on. What is ignored stays so.
[[nodiscard]] Result<UniqueFd> TakeSignals(bool has_terminal);

}  // namespace funnel::run
