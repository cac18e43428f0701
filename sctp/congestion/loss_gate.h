// Whether loss means that we send too much. A path that loses packets whatever we do must not slow
// us down; one whose queue overflows must. So loss counts only where it exceeds what the path loses
// without us and a queue stands as well, or where it comes and goes with our rate (a policer).
#pragma once

#include <algorithm>
#include <optional>

#include "sctp/base/types.h"

namespace sctp {

class LossGate {
 public:
  // What a round trip was sent at, compared with what the path delivers.
  enum class Pace { kAbove, kBelow, kEven };

  // For each round: the bytes delivered and lost, as noticed in it. PACE is that of the round in
  // which they were sent; QUEUEING is by how much the round trip was longer than its least on
  // average. True: we send too much.
  [[nodiscard]] bool OnRound(Pace pace, std::size_t delivered_bytes, std::size_t lost_bytes,
                             Duration queueing, Duration least_rtt);

  // What the path loses whatever we do, as a part of 1.
  [[nodiscard]] double cruise_loss() const { return cruise_loss_; }
  // The last round lost more than that, whether a queue stands or not.
  [[nodiscard]] bool exceeded() const { return exceeded_; }
  // The part of it that is lost below the rate as well, and so is not due to our rate.
  [[nodiscard]] double own_loss() const { return std::min(cruise_loss_, below_average_); }

  // A few packets of many may be lost by chance.
  static constexpr std::size_t kLeastLostBytes = 3 * 1460;

 private:
  double cruise_loss_ = 0;
  bool exceeded_ = false;
  bool cruise_known_ = false;         // there was a round at the rate
  std::optional<double> below_loss_;  // of the last round below the rate
  double below_average_ = 0;          // of several
};

}  // namespace sctp
