// The units in which the structs of the configuration write their defaults.
#pragma once

#include <chrono>
#include <cstdint>

namespace funnel::config {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;

}  // namespace funnel::config
