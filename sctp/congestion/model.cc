#include "sctp/congestion/model.h"

#include <algorithm>

namespace sctp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// 2/ln 2: the least gain at which the rate doubles each round.
constexpr double kStartUpGain = 2.885;
constexpr double kUpGain = 1.25, kDownGain = 0.75, kWindowGain = 2.0;
constexpr double kCut = 0.7;
constexpr int kCruiseRounds = 6, kMostDown = 3;
// After a probe that lost more than the path does anyway. Each such probe costs a CUBIC flow on the
// same path 30 %, which it needs about that long to gain again. Longer, and two of ours would take
// too long to become equal.
constexpr Duration kPoliteTime = seconds(1);
constexpr milliseconds kPoliteSpread{500};
constexpr int kPoliteRounds = 63;
constexpr double kMuchLoss = 0.03;
constexpr std::uint64_t kRateRounds = 10;
constexpr std::size_t kLeastPackets = 4;
constexpr Duration kLeastRttLife = seconds(10), kProbeRttTime = milliseconds(200);
// Below this the acknowledgements pace well enough, and timers do not.
constexpr Duration kShortPath = milliseconds(2);
// In one turn of its loop each end sends, reads and acknowledges a train of packets. A path that is
// shorter than such a turn holds less than a train; with so small a window each end would sleep
// while the other works. There the window is what leaves in the time of a turn.
constexpr Duration kTurn = milliseconds(1);
// Up to this loss more is sent to make up for it: a path that loses more has other troubles.
constexpr double kMostOwnLoss = 0.1;
constexpr double kGrowth = 1.25;
constexpr int kRoundsWithoutGrowth = 3;

}  // namespace

Model::Model(std::size_t packet_bytes)
    : packet_bytes_(packet_bytes), window_(kInitialPackets * packet_bytes), rate_(kRateRounds) {}

std::size_t Model::InFlight(double gain, Duration least) const {
  if (least_rtt_ == Duration::max() || rate() <= 0) return kInitialPackets * packet_bytes_;
  const Duration longest = std::max(least, std::chrono::duration_cast<Duration>(gain * least_rtt_));
  const double bytes = rate() * std::chrono::duration<double>(longest).count();
  // SACKs come for every second packet, so a few packets more keep the path busy meanwhile.
  return std::max(static_cast<std::size_t>(bytes) + 3 * packet_bytes_,
                  kLeastPackets * packet_bytes_);
}

double Model::PacingGain() const {
  switch (phase_) {
    case Phase::kStartUp:
      return kStartUpGain;
    case Phase::kDrain:
      return 1 / kStartUpGain;
    case Phase::kProbeUp:
      return kUpGain;
    case Phase::kProbeDown:
      return kDownGain;
    case Phase::kCruise:
    case Phase::kProbeRtt:
      return 1;
  }
  return 1;
}

LossGate::Pace Model::PaceOfPhase() const {
  const double gain = PacingGain();
  if (gain > 1) return LossGate::Pace::kAbove;
  return gain < 1 ? LossGate::Pace::kBelow : LossGate::Pace::kEven;
}

double Model::pacing_rate() const {
  if (least_rtt_ != Duration::max() && least_rtt_ < kShortPath && full_) return 0;
  // Nothing is known of the path that a pace could follow from.
  if (smoothed_rtt_ <= Duration::zero()) return 0;
  // The measured rate may be no more than what there was to send, and a few small messages must not
  // slow down what comes next. So the rate is not below the first window's pace until the path was
  // filled once, and never below the pace of the least window, which may be under way in any case.
  const std::size_t first = std::min(window_, kInitialPackets * packet_bytes_);
  const double least = full_ || phase_ != Phase::kStartUp
                           ? static_cast<double>(kLeastPackets * packet_bytes_)
                           : kStartUpGain * static_cast<double>(first);
  const double seconds = std::chrono::duration<double>(smoothed_rtt_).count();
  // The measured rate is what comes out of the path, which is less than what it takes in.
  const double through = 1 - std::min(gate_.own_loss(), kMostOwnLoss);
  return std::max(PacingGain() * rate() / through, least / seconds);
}

const char* Model::state() const {
  switch (phase_) {
    case Phase::kStartUp:
      return "start-up";
    case Phase::kDrain:
      return "drain";
    case Phase::kProbeUp:
      return "probe up";
    case Phase::kProbeDown:
      return "probe down";
    case Phase::kCruise:
      return "cruise";
    case Phase::kProbeRtt:
      return "probe rtt";
  }
  return "";
}

void Model::OnAck(const AckEvent& event) {
  smoothed_rtt_ = event.smoothed_rtt;
  app_limited_ = event.rate.app_limited;
  UpdateRound(event);
  if (event.rate.valid && (!event.rate.app_limited || event.rate.bytes_per_second > rate_.best()))
    rate_.Update(event.rate.bytes_per_second, filled_rounds_);
  UpdateLeastRtt(event);
  if (round_start_) {
    CheckFull(event);
    EndRound(event);
  }
  UpdatePhase(event);
  if (round_start_) pace_ = PaceOfPhase();  // of the round that begins here
  UpdateWindow(event);
}

void Model::UpdateRound(const AckEvent& event) {
  round_start_ = false;
  round_delivered_ += event.delivered_bytes;
  round_lost_ += event.lost_bytes;
  round_most_in_flight_ = std::max(round_most_in_flight_, event.flight_before_bytes);
  if (event.rtt > Duration::zero()) {
    round_rtt_sum_ += event.rtt;
    ++round_rtts_;
  }
  if (event.delivered_bytes > 0 && event.rate.delivered_before >= round_ends_at_) {
    round_ends_at_ = event.delivered_total_bytes;
    ++round_;
    if (!event.rate.app_limited) ++filled_rounds_;
    round_start_ = true;
  }
}

// What was noticed in this round was sent in the one before.
void Model::EndRound(const AckEvent& event) {
  Duration queueing{};
  if (round_rtts_ > 0 && least_rtt_ != Duration::max())
    queueing = round_rtt_sum_ / round_rtts_ - least_rtt_;

  if (gate_.OnRound(last_pace_, round_delivered_, round_lost_, queueing, least_rtt_)) {
    Cut();
    if (phase_ == Phase::kStartUp) full_ = true;
    if (phase_ == Phase::kProbeUp) Enter(Phase::kProbeDown, event.now);
  }

  if (full_ && last_pace_ == LossGate::Pace::kAbove) probe_failed_ |= gate_.exceeded();
  if (event.rate.app_limited)
    bound_.OnAppLimited();
  else if (phase_ != Phase::kStartUp && phase_ != Phase::kDrain)
    bound_.OnRound(last_pace_, round_delivered_, round_lost_, event.now - round_began_);

  round_began_ = event.now;
  last_pace_ = pace_;
  round_delivered_ = round_lost_ = round_most_in_flight_ = 0;
  round_rtt_sum_ = {};
  round_rtts_ = 0;
}

void Model::Cut() {
  before_cut_ = most_in_flight_;
  const auto less = static_cast<std::size_t>(kCut * static_cast<double>(round_most_in_flight_));
  // Not as much as a turn makes: the receiving socket may have been too small for a train.
  most_in_flight_ =
      std::min(most_in_flight_, std::max(less, InFlight(1, /*least=*/Duration::zero())));
}

void Model::UpdateLeastRtt(const AckEvent& event) {
  if (event.rtt <= Duration::zero()) return;

  if (event.rtt <= least_rtt_) {
    least_rtt_ = event.rtt;
    least_rtt_time_ = event.now;
    least_rtt_stale_ = false;
    return;
  }

  if (event.now - least_rtt_time_ <= kLeastRttLife) return;

  if (!least_rtt_stale_) {
    least_rtt_stale_ = true;
    recent_least_ = event.rtt;
    probe_rtt_round_ = round_ + 1;
    // A sender that does not fill the path has no queue of its own to drain: one round is enough.
    probe_rtt_until_ = event.now + (event.rate.app_limited ? Duration::zero() : kProbeRttTime);
    if (!event.rate.app_limited && full_) Enter(Phase::kProbeRtt, event.now);
  }

  recent_least_ = std::min(recent_least_, event.rtt);
  if (round_ <= probe_rtt_round_ || event.now < probe_rtt_until_) return;

  least_rtt_ = recent_least_;
  least_rtt_time_ = event.now;
  least_rtt_stale_ = false;
}

void Model::CheckFull(const AckEvent& event) {
  if (full_ || event.rate.app_limited) return;
  if (rate_.best() >= full_rate_ * kGrowth) {
    full_rate_ = rate_.best();
    full_rounds_ = 0;
    return;
  }
  if (++full_rounds_ >= kRoundsWithoutGrowth) full_ = true;
}

bool Model::MayProbe(const AckEvent& event) const {
  // Loss while nothing is probed has to be understood first, and that takes probes.
  const bool lossy = bound_.asks() || gate_.cruise_loss() > kMuchLoss;
  if (!probe_failed_ || lossy) return cruise_rounds_ >= kCruiseRounds;
  // Two that began together do not probe together for ever.
  const Duration more = milliseconds(event.delivered_total_bytes / 1000 % kPoliteSpread.count());
  return event.now - phase_began_ >= kPoliteTime + more || cruise_rounds_ >= kPoliteRounds;
}

void Model::Enter(Phase phase, TimePoint now) {
  if (phase == Phase::kProbeUp) probe_failed_ = false;
  phase_ = phase;
  phase_began_ = now;
  cruise_rounds_ = 0;
}

void Model::UpdatePhase(const AckEvent& event) {
  const Duration lasted = event.now - phase_began_;
  const bool a_round = lasted > least_rtt_;

  switch (phase_) {
    case Phase::kStartUp:
      if (full_) Enter(Phase::kDrain, event.now);
      return;
    case Phase::kDrain:
      if (event.flight_bytes <= InFlight(1, kTurn)) Enter(Phase::kCruise, event.now);
      return;
    case Phase::kProbeUp:
      // Long enough to show whether the path takes it.
      if (a_round && (event.flight_bytes >= std::min(InFlight(kUpGain, kTurn), most_in_flight_) ||
                      bound_.bounded() || lasted > 2 * least_rtt_))
        Enter(Phase::kProbeDown, event.now);
      return;
    case Phase::kProbeDown:
      // To find out whether loss ends below the rate, a whole round has to be sent at that pace.
      // Otherwise this lasts until our own queue is gone: a rate that is measured a little too high
      // fills one in each cycle. A queue that does not go away is somebody else's.
      if (bound_.asks()
              ? lasted > 2 * least_rtt_
              : event.flight_bytes <= InFlight(1, kTurn) || lasted > kMostDown * least_rtt_)
        Enter(Phase::kCruise, event.now);
      return;
    case Phase::kCruise:
      if (round_start_) ++cruise_rounds_;
      if (round_start_ && !event.rate.app_limited && MayProbe(event))
        Enter(Phase::kProbeUp, event.now);
      return;
    case Phase::kProbeRtt:
      if (!least_rtt_stale_) Enter(full_ ? Phase::kCruise : Phase::kStartUp, event.now);
      return;
  }
}

void Model::UpdateWindow(const AckEvent& event) {
  // What it holds is found again by and by.
  if (phase_ == Phase::kProbeUp && most_in_flight_ != SIZE_MAX &&
      event.flight_before_bytes + 2 * packet_bytes_ >= most_in_flight_)
    most_in_flight_ += event.delivered_bytes / 4;
  if (full_) {
    window_ = std::min(window_ + event.delivered_bytes, InFlight(kWindowGain, kTurn));
    window_ = std::min(window_, most_in_flight_);
    if (phase_ == Phase::kProbeRtt) window_ = std::min(window_, InFlight(0.5, kTurn));
  } else if (window_ < InFlight(kStartUpGain, kTurn)) {
    window_ += event.delivered_bytes;
  }
  window_ = std::max(window_, kLeastPackets * packet_bytes_);
}

// One packet at a time until something comes back; the window grows again by what is delivered.
void Model::OnTimeout() { window_ = kLeastPackets * packet_bytes_; }

void Model::OnUndo() {
  if (before_cut_ > 0) most_in_flight_ = std::max(most_in_flight_, before_cut_);
  before_cut_ = 0;
  window_ = std::max(window_, std::min(InFlight(full_ ? kWindowGain : 1, kTurn), most_in_flight_));
}

}  // namespace sctp
