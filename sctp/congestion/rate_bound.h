// A bound on the rate of a path that drops what is too much instead of queueing it (a policer).
// With saved tokens it lets more through now and then than in the long run, so the greatest rate
// that was measured is that of a moment. At that rate a part is lost all the time, and this looks
// like what the path loses whatever we do. But it ends when we send less for a round trip; what a
// path loses by itself does not.
#pragma once

#include "sctp/congestion/loss_gate.h"

namespace sctp {

class RateBound {
 public:
  using Pace = LossGate::Pace;

  // One round trip that was filled: what was delivered and lost of what was sent at PACE, within
  // SPAN.
  void OnRound(Pace pace, std::size_t delivered_bytes, std::size_t lost_bytes, Duration span);
  // There was too little to send to fill the path: nothing is learnt.
  void OnAppLimited() { even_ = below_ = {}; }

  [[nodiscard]] bool bounded() const { return bound_ > 0; }
  // RATE, or what the path carries in the long run.
  [[nodiscard]] double Limit(double rate) const {
    return bounded() && bound_ < rate ? bound_ : rate;
  }
  // The latest loss is worth sending a whole round at less than the rate, to see whether it ends
  // then.
  [[nodiscard]] bool asks() const { return bounded() || even_loss_ > kDifference; }

 private:
  static constexpr double kDifference = 0.05;
  struct Sum {
    std::size_t delivered_bytes = 0, lost_bytes = 0;
    Duration span{};
    void Add(std::size_t delivered, std::size_t lost, Duration time) {
      delivered_bytes += delivered;
      lost_bytes += lost;
      span += time;
    }
    [[nodiscard]] double loss() const {
      const std::size_t all = delivered_bytes + lost_bytes;
      return all == 0 ? 0 : static_cast<double>(lost_bytes) / static_cast<double>(all);
    }
    [[nodiscard]] double rate() const {
      const double seconds = std::chrono::duration<double>(span).count();
      return seconds <= 0 ? 0 : static_cast<double>(delivered_bytes) / seconds;
    }
  };
  void EndCycle();
  void OnAbove(const Sum& above, double below_loss);

  Sum even_, below_;      // since the last round above
  double even_loss_ = 0;  // of the last cycle
  double suspected_ = 0;  // what that one delivered, if its loss ended below
  double bound_ = 0;
  // Rounds above it that lost nothing lift the bound: so many in a row, twice as many each time
  // that it comes back.
  int clean_ = 0, needed_ = 1;
};

}  // namespace sctp
