// Latencies of a run: their percentiles.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/sockets.h"

namespace funnel::bench {

class Latencies {
 public:
  void Add(Nanoseconds latency) { all_.push_back(latency); }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  // The latency that the share QUANTILE of all requests stayed below, in microseconds; 0 if none.
  [[nodiscard]] double Microseconds(double quantile);
  [[nodiscard]] std::size_t CountAbove(Nanoseconds limit) const;
  // "p50_us": 1.0, "p90_us": ...: members of a JSON object, without braces.
  [[nodiscard]] std::string Json();

 private:
  std::vector<Nanoseconds> all_;
  bool sorted_ = false;
};

}  // namespace funnel::bench
