// The round trip time of a path, smoothed, and the timeout that follows from it (RFC 9260 section
// 6.3.1).
#pragma once

#include <algorithm>

#include "sctp/base/types.h"

namespace sctp {

class RoundTrip {
 public:
  struct Settings {
    Duration initial_rto = std::chrono::seconds(1);
    Duration min_rto = std::chrono::milliseconds(100);
    Duration max_rto = std::chrono::seconds(10);
  };
  explicit RoundTrip(const Settings& settings) : settings_(settings) {}

  void OnSample(Duration rtt) {
    latest_ = rtt;
    if (!known()) {
      smoothed_ = least_ = rtt;
      variation_ = rtt / 2;
      return;
    }
    least_ = std::min(least_, rtt);
    const Duration away = rtt > smoothed_ ? rtt - smoothed_ : smoothed_ - rtt;
    variation_ += (away - variation_) / 4;
    smoothed_ += (rtt - smoothed_) / 8;
  }
  // The path may have become longer: the least is that of the latest samples.
  void SetLeast(Duration least) { least_ = least; }

  [[nodiscard]] bool known() const { return smoothed_ > Duration::zero(); }
  [[nodiscard]] Duration smoothed() const { return smoothed_; }
  [[nodiscard]] Duration least() const { return least_; }
  [[nodiscard]] Duration latest() const { return latest_; }
  [[nodiscard]] Duration variation() const { return variation_; }
  // Doubled BACKOFF times.
  [[nodiscard]] Duration Rto(int backoff = 0) const {
    Duration rto = known() ? smoothed_ + 4 * variation_ : settings_.initial_rto;
    rto = std::clamp(rto, settings_.min_rto, settings_.max_rto);
    for (; backoff > 0 && rto < settings_.max_rto; --backoff) rto *= 2;
    return std::min(rto, settings_.max_rto);
  }

 private:
  Settings settings_;
  Duration smoothed_{}, variation_{}, least_{}, latest_{};
};

}  // namespace sctp
