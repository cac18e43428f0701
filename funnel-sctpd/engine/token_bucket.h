// A limit on how often something is done. What was not used may be used later, but not after a
// second.
#pragma once

#include <algorithm>

#include "common/base/clock.h"

namespace funnel::sctp {

class TokenBucket {
 public:
  // Whether it may be done now, at RATE times a second on the whole; counts it if so.
  [[nodiscard]] bool Take(double rate, TimePoint now) {
    double gained = std::chrono::duration<double>(now - filled_).count() * rate;
    tokens_ = std::min(rate, tokens_ + gained);
    filled_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double tokens_ = 0;
  TimePoint filled_{};
};

}  // namespace funnel::sctp
