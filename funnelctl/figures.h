// Arithmetic on figures from daemons and from counter files. Both may contain anything, so a result
// that its type cannot hold becomes the nearest one that it can: the output is then as wrong as the
// figures were, and nothing worse happens.
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

// VALUE without its fraction; 0 if it is no number.
[[nodiscard]] constexpr std::int64_t Whole(double value) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  if (value >= kBeyond) return std::numeric_limits<std::int64_t>::max();
  if (value < -kBeyond) return std::numeric_limits<std::int64_t>::min();
  return value == value ? static_cast<std::int64_t>(value) : 0;
}

}  // namespace funnel::ctl
