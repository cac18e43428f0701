#include "sctp/loss/rack.h"

#include <algorithm>

namespace sctp {

void Rack::OnDelivered(PacketNumber number, Duration rtt, bool first) {
  if (any_delivered_ && first && number < newest_before_) reordering_seen_ = true;
  if (any_delivered_ && number < newest_) return;
  any_delivered_ = true;
  newest_ = number;
  newest_rtt_ = rtt;
}

void Rack::OnSpurious(PacketNumber newest_sent) {
  reordering_seen_ = true;
  recoveries_left_ = kPersistRecoveries;
  if (newest_ < widened_until_) return;
  ++window_quarters_;
  widened_until_ = newest_sent;
}

void Rack::OnRecoveryEnd() {
  if (recoveries_left_ > 0 && --recoveries_left_ == 0) window_quarters_ = 1;
}

Duration Rack::ReorderingWindow(const RoundTrip& round_trip) const {
  return std::min(round_trip.least() * window_quarters_ / 4, round_trip.smoothed());
}

}  // namespace sctp
