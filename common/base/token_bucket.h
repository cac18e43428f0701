// A limit on how often something is done: so many a second on the whole, and so many at once of
// what was not used before.
#pragma once

#include <algorithm>

#include "common/base/clock.h"

namespace funnel {

class TokenBucket {
 public:
  struct Rate {
    double per_second = 0;
    double at_once = per_second;  // what is kept at most
  };

  // Whether it may be done COUNT times now; counts that if so. A new bucket is full.
  [[nodiscard]] bool Take(const Rate& rate, TimePoint now, double count = 1) {
    Fill(rate, now);
    if (tokens_ < count) return false;
    tokens_ -= count;
    return true;
  }

 private:
  void Fill(const Rate& rate, TimePoint now) {
    const double gained = std::chrono::duration<double>(now - filled_).count() * rate.per_second;
    tokens_ = std::min(rate.at_once, tokens_ + gained);
    filled_ = now;
  }

  double tokens_ = 0;
  TimePoint filled_{};  // so long ago that the first time fills it
};

}  // namespace funnel
