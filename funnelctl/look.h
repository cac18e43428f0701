// Asks both daemons, and reads configuration and counters.
#pragma once

#include <chrono>

#include "common/base/options.h"
#include "funnelctl/ask.h"
#include "funnelctl/status/status_view.h"

namespace funnel::ctl {

// If a daemon does not answer within DEADLINE, or anything else cannot be read, the view says so.
[[nodiscard]] NodeView LookAtNode(const Options& options,
                                  std::chrono::milliseconds deadline = kAnswerDeadline);

}  // namespace funnel::ctl
