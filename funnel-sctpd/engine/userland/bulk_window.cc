#include "funnel-sctpd/engine/userland/bulk_window.h"

#include <algorithm>

namespace funnel::sctp {
namespace {

constexpr double kRoundTrips = 1.5;
// While each round trip shows a rate that is so much greater.
constexpr double kGrowth = 1.2;
constexpr double kRoundTripsGrowing = 3;
// While the path's queue drains.
constexpr double kRoundTripsDraining = 0.5;
// Long enough for a queue of half a round trip to drain and for a packet to come and go.
constexpr int kDrainRoundTrips = 3;

double Seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

Duration BulkWindow::shortest_round_trip() const {
  if (shortest_ && shortest_before_) return std::min(*shortest_, *shortest_before_);
  return shortest_ ? *shortest_ : shortest_before_.value_or(Duration::zero());
}

void BulkWindow::OnRoundTrip(Duration sample, TimePoint now) {
  if (now - span_began_ > kRoundTripFresh) {
    shortest_before_ = shortest_;
    shortest_.reset();
    span_began_ = now;
    if (shortest_before_ && limited_) draining_until_ = now + kDrainRoundTrips * *shortest_before_;
  }
  shortest_ = std::min(shortest_.value_or(sample), sample);
  Update(now);
}

void BulkWindow::OnProgress(std::uint64_t acked_bytes, TimePoint now) {
  if (!IsDue(now)) return;
  if (since_ != TimePoint{} && acked_bytes > acked_) {
    double rate = static_cast<double>(acked_bytes - acked_) / Seconds(now - since_);
    // An interval that bulk did not fill says what was asked of the path, not what it can do.
    if (limited_ || rate > rate_) AddRate(rate);
  }
  acked_ = acked_bytes;
  since_ = now;
  due_ = now + std::max<Duration>(shortest_round_trip(), kShortestInterval);
  limited_ = false;
  Update(now);
}

void BulkWindow::AddRate(double bytes_per_second) {
  growing_ = bytes_per_second > kGrowth * rate_;
  rates_[next_rate_] = bytes_per_second;
  next_rate_ = (next_rate_ + 1) % kSamples;
  rate_ = *std::ranges::max_element(rates_);
}

void BulkWindow::Update(TimePoint now) {
  if (rate_ == 0) return;
  double round_trip = Seconds(shortest_round_trip());
  double slack = rate_ * Seconds(kSlack);
  double under_way =
      now < draining_until_
          ? rate_ * round_trip * kRoundTripsDraining
          : rate_ * round_trip * (growing_ ? kRoundTripsGrowing : kRoundTrips) + slack;
  limit_ = std::max(static_cast<std::size_t>(under_way), kLeastBytes);
  backlog_ = static_cast<std::size_t>(slack);
}

}  // namespace funnel::sctp
