#include "sctp/congestion/rate_bound.h"

#include <algorithm>
#include <cmath>

namespace sctp {
namespace {

// Two cycles that agree within this part of the rate do not agree by chance (BBR asks for the same
// of two intervals with losses).
constexpr double kAgree = 1.0 / 8;
// A round above the bound that loses hardly more than one below it, and delivers more than the
// bound.
constexpr double kClean = 0.02, kMore = 1.1;
constexpr int kMostNeeded = 16;

}  // namespace

void RateBound::OnRound(Pace pace, std::size_t delivered_bytes, std::size_t lost_bytes,
                        Duration span) {
  switch (pace) {
    case Pace::kEven:
      even_.Add(delivered_bytes, lost_bytes, span);
      return;
    case Pace::kBelow:
      below_.Add(delivered_bytes, lost_bytes, span);
      return;
    case Pace::kAbove:
      break;
  }

  const double below_loss = below_.loss();
  if (even_.delivered_bytes > 0) EndCycle();
  Sum above;
  above.Add(delivered_bytes, lost_bytes, span);
  OnAbove(above, below_loss);
}

void RateBound::EndCycle() {
  even_loss_ = even_.loss();
  const double rate = even_.rate();
  const bool follows = even_.lost_bytes >= LossGate::kLeastLostBytes &&
                       below_.delivered_bytes > 0 && even_loss_ > below_.loss() + kDifference &&
                       even_loss_ > 2 * below_.loss();
  if (follows && suspected_ > 0 && std::abs(rate - suspected_) <= kAgree * rate) {
    bound_ = std::min(rate, suspected_);
    clean_ = 0;
    needed_ = std::min(2 * needed_, kMostNeeded);
  }
  suspected_ = follows ? rate : 0;
  even_ = below_ = {};
}

void RateBound::OnAbove(const Sum& above, double below_loss) {
  if (!bounded()) return;
  clean_ = above.loss() <= below_loss + kClean && above.rate() > kMore * bound_ ? clean_ + 1 : 0;
  if (clean_ < needed_) return;
  bound_ = 0;
  suspected_ = 0;
}

}  // namespace sctp
