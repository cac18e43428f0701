// Time. Protocol code never reads a clock: its owner passes `now`.
#pragma once

#include <chrono>

namespace funnel {

// CLOCK_MONOTONIC: timers, round trips, queues.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;
[[nodiscard]] inline TimePoint Now() { return std::chrono::steady_clock::now(); }

// CLOCK_BOOTTIME, in nanoseconds since boot: goes on during suspend, never set back. What a
// security context's life is counted in, and the form in which it passes between processes of one
// machine.
struct BootTime {
  std::chrono::nanoseconds since_boot{};
  auto operator<=>(const BootTime&) const = default;
};
[[nodiscard]] BootTime BootNow();

}  // namespace funnel
