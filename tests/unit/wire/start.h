// When tests begin whose time is made up.
#pragma once

#include <chrono>

#include "common/base/clock.h"

namespace funnel::wire {

inline constexpr TimePoint kStart{std::chrono::seconds(100)};

}  // namespace funnel::wire
