// Asks both daemons, and reads configuration and counters.
#pragma once

#include <chrono>

#include "common/base/options.h"
#include "funnelctl/ask.h"
#include "funnelctl/status/status_view.h"

namespace funnel::ctl {

// A daemon that does not answer within DEADLINE, and whatever else cannot be learned, is reported
// within the view.
[[nodiscard]] NodeView LookAtNode(const Options& options,
                                  std::chrono::milliseconds deadline = kAnswerDeadline);

}  // namespace funnel::ctl
