// A SHUTDOWN of an association that is up, from when it came until it is asked about (EndQuestion)
// or forgotten. A peer that means it answers HEARTBEATs as before until it has our SHUTDOWN ACK,
// which may leave only when all that was taken to be sent has been acknowledged. Until then new
// messages are held.
//
// A peer that means it says so again: with each packet of data that it gets, and after a timeout.
#pragma once

#include "sctp/base/types.h"

namespace sctp {

class ShutdownClaim {
 public:
  // SHUTDOWN came, once more perhaps; forgotten after PTO unless it comes again.
  void OnShutdown(Duration pto, TimePoint now) { until_ = now + pto; }
  [[nodiscard]] bool standing() const { return until_ != TimePoint::max(); }
  [[nodiscard]] bool Lapsed(TimePoint now) const { return until_ <= now; }
  // Whether new messages may be kept back: not for a while after one that was made up.
  [[nodiscard]] bool MayHold(TimePoint now) const { return now >= free_until_; }
  [[nodiscard]] TimePoint NextTimer() const { return until_; }

  // It is being asked about from now on.
  void OnAsked() {
    until_ = TimePoint::max();
    gone_ = false;
  }
  // While it is asked: somebody says, in the peer's name, that there is no association.
  void OnGone() { gone_ = true; }
  // Silence alone proves nothing: paths fail.
  [[nodiscard]] bool gone() const { return gone_; }
  void Forget() { until_ = TimePoint::max(); }
  void OnRefuted(TimePoint now) {
    Forget();
    free_until_ = now + kFree;
  }

  static constexpr Duration kFree = std::chrono::seconds(1);

 private:
  TimePoint until_ = TimePoint::max();
  TimePoint free_until_{};
  bool gone_ = false;
};

}  // namespace sctp
