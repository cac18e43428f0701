// A limit of so many a second, and so many at once.
#pragma once

#include <algorithm>

#include "sctp/base/types.h"

namespace sctp {

class TokenBucket {
 public:
  struct Settings {
    double per_second = 100;
    double burst = 100;
  };
  explicit TokenBucket(const Settings& settings) : settings_(settings), tokens_(settings.burst) {}

  [[nodiscard]] bool Take(TimePoint now) {
    const double seconds = std::chrono::duration<double>(now - since_).count();
    if (since_ != TimePoint{})
      tokens_ = std::min(settings_.burst, tokens_ + seconds * settings_.per_second);
    since_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  Settings settings_;
  double tokens_;
  TimePoint since_{};
};

}  // namespace sctp
