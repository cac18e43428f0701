// How long to wait before the next try: doubles from MIN to MAX, with jitter, so that nodes that
// lost each other at one moment do not all come back at one moment.
#pragma once

#include <algorithm>

#include "common/base/clock.h"

namespace funnel::sctpd {

class Backoff {
 public:
  Backoff(Duration min, Duration max) : min_(min), max_(std::max(min, max)), next_(min) {}

  // RANDOM is in [0, 1): the delay lies between half the step and the whole step.
  [[nodiscard]] Duration Next(double random) {
    Duration step = next_;
    next_ = std::min(max_, next_ * 2);
    return std::chrono::duration_cast<Duration>(step * (0.5 + random / 2));
  }
  // After a success: the next wait is the shortest again.
  void Reset() { next_ = min_; }

 private:
  Duration min_;
  Duration max_;
  Duration next_;
};

}  // namespace funnel::sctpd
