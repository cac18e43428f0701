#include "sctp/congestion/reno.h"

#include <algorithm>

namespace sctp {

void Reno::Reduce() {
  before_window_ = window_;
  before_threshold_ = threshold_;
  threshold_ = std::max(window_ / 2, LeastWindow());
}

void Reno::OnAck(const AckEvent& event) {
  if (event.new_recovery) {
    Reduce();
    window_ = threshold_;
    acked_ = 0;
  } else if (event.delivered_bytes > 0 && event.flight_before_bytes + packet_bytes_ >= window_) {
    // Only a sender that fills the window learns that it could be larger (section 7.2.1).
    if (window_ < threshold_) {
      window_ += event.delivered_bytes;
    } else {
      acked_ += event.delivered_bytes;
      if (acked_ >= window_) {
        acked_ -= window_;
        window_ += packet_bytes_;
      }
    }
  }

  const double seconds = std::chrono::duration<double>(event.smoothed_rtt).count();
  // Twice the rate in slow start, as it doubles; a little more than the rate afterwards.
  const double gain = window_ < threshold_ ? 2.0 : 1.2;
  if (seconds > 0) rate_ = gain * static_cast<double>(window_) / seconds;
}

void Reno::OnTimeout() {
  Reduce();
  window_ = packet_bytes_;
  acked_ = 0;
}

void Reno::OnUndo() {
  if (before_window_ == 0) return;
  window_ = std::max(window_, before_window_);
  threshold_ = std::max(threshold_, before_threshold_);
  before_window_ = 0;
}

}  // namespace sctp
