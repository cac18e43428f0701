#include "bench/load/latency.h"

#include <algorithm>
#include <cstdio>

namespace funnel::bench {

double Latencies::Microseconds(double quantile) {
  if (all_.empty()) return 0;
  if (!sorted_) std::sort(all_.begin(), all_.end());
  sorted_ = true;
  const auto rank = static_cast<std::size_t>(quantile * static_cast<double>(all_.size()));
  return static_cast<double>(all_[std::min(all_.size() - 1, rank)]) / 1e3;
}

std::size_t Latencies::CountAbove(Nanoseconds limit) const {
  return static_cast<std::size_t>(
      std::count_if(all_.begin(), all_.end(), [&](Nanoseconds value) { return value > limit; }));
}

std::string Latencies::Json() {
  char text[256];
  std::snprintf(
      text, sizeof text,
      R"("p50_us": %.1f, "p90_us": %.1f, "p99_us": %.1f, "p99_9_us": %.1f, "max_us": %.1f)",
      Microseconds(.5), Microseconds(.9), Microseconds(.99), Microseconds(.999), Microseconds(1));
  return text;
}

}  // namespace funnel::bench
