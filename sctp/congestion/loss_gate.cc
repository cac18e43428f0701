#include "sctp/congestion/loss_gate.h"

#include <algorithm>

namespace sctp {
namespace {

constexpr double kFactor = 1.5, kMargin = 0.02;
constexpr double kPhaseDifference = 0.05;
// While nothing was sent below the rate, as in start-up, there is nothing to compare with; and a
// round has few packets, of which three may be lost by chance. But a sender that doubles its rate
// each round loses about half of a round when the path takes no more.
constexpr double kUnknownDifference = 0.25;
// The same where a queue stands. In start-up packets leave faster than the path takes them, which
// makes a queue for a moment.
constexpr double kUnknownMargin = 0.1;
constexpr double kWeight = 0.125;  // of a round in the average
// Rounds below are few.
constexpr double kBelowWeight = 0.25;
constexpr Duration kLeastQueueing = std::chrono::milliseconds(5);

}  // namespace

bool LossGate::OnRound(Pace pace, std::size_t delivered_bytes, std::size_t lost_bytes,
                       Duration queueing, Duration least_rtt) {
  const std::size_t all = delivered_bytes + lost_bytes;
  if (all == 0) return false;

  const double loss = static_cast<double>(lost_bytes) / static_cast<double>(all);
  const bool enough = lost_bytes >= kLeastLostBytes;
  // At a long round trip a quarter of it is more than shallow queues hold: 5 ms are a queue.
  const bool queue = queueing > std::min(least_rtt / 4, kLeastQueueing);
  const bool excess =
      enough && queue && loss > kFactor * cruise_loss_ + (cruise_known_ ? kMargin : kUnknownMargin);

  exceeded_ = enough && loss > kFactor * cruise_loss_ + kMargin;

  bool follows_rate = false;
  switch (pace) {
    case Pace::kEven:
      // A round with excess shows the path's answer to us, not what it loses by itself.
      cruise_known_ = true;
      if (!excess) cruise_loss_ += kWeight * (loss - cruise_loss_);
      break;
    case Pace::kAbove:
      follows_rate = enough && loss > std::max(below_loss_.value_or(0), kFactor * cruise_loss_) +
                                          (below_loss_ ? kPhaseDifference : kUnknownDifference);
      break;
    case Pace::kBelow:
      below_loss_ = loss;
      below_average_ += kBelowWeight * (loss - below_average_);
      break;
  }
  return excess || follows_rate;
}

}  // namespace sctp
