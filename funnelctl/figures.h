// Arithmetic on what daemons say and on their counter files. Both may hold anything, so a result
// that has no place in its type is the nearest one that has: what is shown is wrong then, as the
// figures were, and nothing else is.
#pragma once

#include <cstdint>
#include <limits>

namespace funnel::ctl {

[[nodiscard]] constexpr std::int64_t Sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<std::int64_t>::min()
               : std::numeric_limits<std::int64_t>::max();
}

// From THEN to NOW in seconds; 0 where THEN is still to come.
[[nodiscard]] constexpr std::int64_t Elapsed(std::int64_t then, std::int64_t now) {
  std::int64_t elapsed = 0;
  if (then >= now) return 0;
  return __builtin_sub_overflow(now, then, &elapsed) ? std::numeric_limits<std::int64_t>::max()
                                                     : elapsed;
}

// VALUE without what is behind the point; 0 for what is no number.
[[nodiscard]] constexpr std::int64_t Whole(double value) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  if (value >= kBeyond) return std::numeric_limits<std::int64_t>::max();
  if (value < -kBeyond) return std::numeric_limits<std::int64_t>::min();
  return value == value ? static_cast<std::int64_t>(value) : 0;
}

}  // namespace funnel::ctl
