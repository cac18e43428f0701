// A limit on how often something is done: so many a second on the whole, and so many at once of
// what was not used before.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

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
  // It was done COUNT times, whatever there was: the bucket may come into debt.
  void Spend(const Rate& rate, TimePoint now, double count) {
    Fill(rate, now);
    tokens_ -= count;
  }
  // When the bucket is out of debt, and has at least one; NOW if it is.
  [[nodiscard]] TimePoint FreeAt(const Rate& rate, TimePoint now) {
    Fill(rate, now);
    if (tokens_ >= 1) return now;
    const std::chrono::duration<double> left((1 - tokens_) / rate.per_second);
    return now + std::chrono::ceil<Duration>(left);
  }

 private:
  void Fill(const Rate& rate, TimePoint now) {
    // The clock may have begun a moment ago, so no time stands for "long ago".
    if (!filled_) {
      tokens_ = rate.at_once;
    } else {
      const std::chrono::duration<double> passed = now - *filled_;
      tokens_ = std::min(rate.at_once, tokens_ + passed.count() * rate.per_second);
    }
    filled_ = now;
  }

  double tokens_ = 0;
  std::optional<TimePoint> filled_;  // nullopt: it is new
};

}  // namespace funnel
