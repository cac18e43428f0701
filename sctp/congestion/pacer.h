// Spreads packets over time: a token bucket, so that a short burst after a pause leaves at once and
// a late timer loses nothing.
#pragma once

#include <algorithm>

#include "sctp/base/types.h"

namespace sctp {

class Pacer {
 public:
  // What may leave at once: two packets, or what fits one train of segments (64 KiB) but no more
  // than a millisecond's worth.
  static constexpr std::size_t kLeastQuantum = 2 * 1500, kLargestQuantum = 64 * 1024;
  // A timer may be that late before anything is lost.
  static constexpr Duration kCredit = std::chrono::milliseconds(2);

  // 0: no pacing. Holds for what is sent from now on.
  void SetRate(double bytes_per_second) { rate_ = bytes_per_second; }
  [[nodiscard]] double rate() const { return rate_; }

  [[nodiscard]] bool MaySend(TimePoint now) const { return rate_ <= 0 || next_ <= now; }
  [[nodiscard]] TimePoint next() const { return rate_ <= 0 ? TimePoint{} : next_; }
  void OnSent(std::size_t bytes, TimePoint now) {
    if (rate_ <= 0) return;
    next_ = std::max(next_, now - Depth()) + TimeFor(static_cast<double>(bytes));
  }
  [[nodiscard]] std::size_t quantum_bytes() const {
    return std::clamp(static_cast<std::size_t>(rate_ * 0.001), kLeastQuantum, kLargestQuantum);
  }

 private:
  [[nodiscard]] Duration TimeFor(double bytes) const {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(bytes / rate_));
  }
  [[nodiscard]] Duration Depth() const {
    return std::max(kCredit, TimeFor(static_cast<double>(quantum_bytes())));
  }

  double rate_ = 0;
  TimePoint next_{};
};

}  // namespace sctp
