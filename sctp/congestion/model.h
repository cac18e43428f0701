// A law that models the path by the rate that it delivers at most and its least round trip. It
// sends at that rate and keeps at most twice their product on its way. It probes for more as BBR
// does (Cardwell and others); LossGate ends a probe, so that loss alone does not slow it down.
//
// This deviates from RFC 9260 section 7.2, as BBR does from TCP's; Reno is there as well.
#pragma once

#include "sctp/congestion/congestion.h"
#include "sctp/congestion/loss_gate.h"
#include "sctp/congestion/rate_bound.h"
#include "sctp/congestion/windowed_max.h"

namespace sctp {

class Model : public Congestion {
 public:
  explicit Model(std::size_t packet_bytes);

  void OnAck(const AckEvent& event) override;
  void OnTimeout() override;
  void OnUndo() override;
  [[nodiscard]] std::size_t window_bytes() const override { return window_; }
  [[nodiscard]] double pacing_rate() const override;
  [[nodiscard]] double delivery_rate() const override { return rate(); }
  [[nodiscard]] const char* state() const override;

  [[nodiscard]] double rate() const { return bound_.Limit(rate_.best()); }
  [[nodiscard]] Duration least_rtt() const { return least_rtt_; }

 private:
  enum class Phase { kStartUp, kDrain, kProbeUp, kProbeDown, kCruise, kProbeRtt };

  void UpdateRound(const AckEvent& event);
  void EndRound(const AckEvent& event);
  void UpdateLeastRtt(const AckEvent& event);
  void CheckFull(const AckEvent& event);
  void UpdatePhase(const AckEvent& event);
  void UpdateWindow(const AckEvent& event);
  void Enter(Phase phase, TimePoint now);
  void Cut();
  // Whether it is time to probe for more.
  [[nodiscard]] bool MayProbe(const AckEvent& event) const;

  // What GAIN times the path holds, or what leaves in LEAST if that is more; the initial window
  // while nothing is known.
  [[nodiscard]] std::size_t InFlight(double gain, Duration least) const;
  [[nodiscard]] double PacingGain() const;
  [[nodiscard]] LossGate::Pace PaceOfPhase() const;

  std::size_t packet_bytes_;
  std::size_t window_;
  Phase phase_ = Phase::kStartUp;
  TimePoint phase_began_{};
  int cruise_rounds_ = 0;
  bool probe_failed_ = false;  // the last probe for more found that the path takes no more

  // The path.
  WindowedMax rate_;  // of short times; bound_ has what it carries in the long run
  Duration least_rtt_ = Duration::max();
  TimePoint least_rtt_time_{};
  Duration smoothed_rtt_{};
  bool least_rtt_stale_ = false;
  Duration recent_least_ = Duration::max();  // since it became stale
  bool app_limited_ = false;

  // Rounds: from sending a packet until what was sent after it is acknowledged.
  std::uint64_t round_ = 0;
  // Of them, those in which there was always something to send: only they can tell that the path
  // takes less than it did.
  std::uint64_t filled_rounds_ = 0;
  std::uint64_t round_ends_at_ = 0;  // delivered bytes
  bool round_start_ = false;
  std::size_t round_delivered_ = 0, round_lost_ = 0, round_most_in_flight_ = 0;
  Duration round_rtt_sum_{};
  TimePoint round_began_{};
  int round_rtts_ = 0;
  LossGate::Pace last_pace_ = LossGate::Pace::kAbove, pace_ = LossGate::Pace::kAbove;

  // Start-up ends when the rate grows no more.
  bool full_ = false;
  double full_rate_ = 0;
  int full_rounds_ = 0;

  LossGate gate_;
  RateBound bound_;
  std::size_t most_in_flight_ = SIZE_MAX;  // what the path was found to hold at most
  std::size_t before_cut_ = 0;             // for OnUndo
  TimePoint probe_rtt_until_{};
  std::uint64_t probe_rtt_round_ = 0;
};

}  // namespace sctp
