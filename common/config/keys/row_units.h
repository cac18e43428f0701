// The units of the rows of the key table: milliseconds and bytes, as the values of keys are stored.
#pragma once

#include <cstdint>

namespace funnel::config {

inline constexpr std::int64_t kSecond = 1000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kDay = 24 * kHour;

inline constexpr std::int64_t kKi = 1024;
inline constexpr std::int64_t kMi = 1024 * kKi;

}  // namespace funnel::config
