// Asks daemons for their status over their control sockets.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/base/error.h"

namespace funnel::ctl {

// A daemon that a service manager would start on this connection has that long to answer.
inline constexpr std::chrono::seconds kAnswerDeadline{3};
// Far beyond what the lists' limits allow (status_schema.md).
inline constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;

// The JSON text that each of the sockets at PATHS answers with; all are asked at once.
[[nodiscard]] std::vector<Result<std::string>> AskStatus(const std::vector<std::string>& paths,
                                                         std::chrono::milliseconds deadline);

}  // namespace funnel::ctl
