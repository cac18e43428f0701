// The timer behind RACK, for when nothing comes back that could show a loss: first a probe of the
// tail (RFC 8985 section 7), then the retransmission timeout with its backoff.
#pragma once

#include <algorithm>

#include "sctp/loss/round_trip.h"

namespace sctp {

class RetransmissionTimer {
 public:
  // PEER_ACK_DELAY: how long the peer may keep a SACK back.
  explicit RetransmissionTimer(Duration peer_ack_delay) : peer_ack_delay_(peer_ack_delay) {}

  // A packet with data left. Whether it is the first on its way matters: a running timer is not
  // pushed back by more data, or a steady sender would never notice silence.
  void OnSent(TimePoint now, bool first, const RoundTrip& round_trip) {
    if (first || !running()) Arm(now, round_trip);
  }
  // Something new was acknowledged; IN_FLIGHT says whether anything is left.
  void OnProgress(TimePoint now, bool in_flight, const RoundTrip& round_trip) {
    backoff_ = 0;
    probed_ = false;
    if (in_flight)
      Arm(now, round_trip);
    else
      Stop();
  }
  void Stop() { deadline_ = TimePoint::max(); }

  enum class Fired { kNothing, kProbe, kTimeout };
  [[nodiscard]] Fired OnTimer(TimePoint now, const RoundTrip& round_trip) {
    if (now < deadline_) return Fired::kNothing;
    if (!probed_ && round_trip.known()) {
      // One probe, then the timeout from now on, of the present RTO (section 7.3).
      probed_ = true;
      Arm(now, round_trip);
      return Fired::kProbe;
    }
    ++backoff_;
    Arm(now, round_trip);
    return Fired::kTimeout;
  }

  [[nodiscard]] bool running() const { return deadline_ != TimePoint::max(); }
  [[nodiscard]] TimePoint deadline() const { return deadline_; }
  [[nodiscard]] int backoff() const { return backoff_; }
  // The timeout had been wrong.
  void OnUndo() { backoff_ = 0; }
  [[nodiscard]] Duration ProbeTimeout(const RoundTrip& round_trip) const {
    return std::min(2 * round_trip.smoothed() + peer_ack_delay_, round_trip.Rto());
  }

 private:
  void Arm(TimePoint now, const RoundTrip& round_trip) {
    const bool probe = !probed_ && backoff_ == 0 && round_trip.known();
    deadline_ = now + (probe ? ProbeTimeout(round_trip) : round_trip.Rto(backoff_));
  }

  Duration peer_ack_delay_;
  int backoff_ = 0;
  bool probed_ = false;
  TimePoint deadline_ = TimePoint::max();
};

}  // namespace sctp
