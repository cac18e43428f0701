// The congestion controls of TcpFlow.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/sctp/simulator/tcp_flow.h"

namespace sctp::testing {
namespace {

class Cubic : public TcpLaw {
 public:
  void OnAck(const Ack& ack) override {
    least_rtt_ = std::min(least_rtt_, ack.rtt);
    if (window_ < threshold_)
      SlowStart(ack);
    else
      Avoid(ack);
  }
  void OnLoss(TimePoint) override {
    most_ = window_ < most_ ? window_ * (1 + kBeta) / 2 : window_;
    threshold_ = window_ = std::max(2.0, window_ * kBeta);
    began_ = TimePoint{};
  }
  void OnTimeout() override {
    OnLoss({});
    window_ = 1;
  }
  [[nodiscard]] double window() const override { return window_; }

 private:
  static constexpr double kBeta = 0.7, kC = 0.4;

  void SlowStart(const Ack& ack) {
    window_ += 1;
    if (ack.new_round) {
      samples_ = 0;
      round_rtt_ = std::numeric_limits<double>::max();
    }
    round_rtt_ = std::min(round_rtt_, ack.rtt);
    if (++samples_ == 8 && window_ >= 16 &&
        round_rtt_ > least_rtt_ + std::clamp(least_rtt_ / 8, 0.004, 0.016))
      threshold_ = window_;
  }
  void Avoid(const Ack& ack) {
    if (began_ == TimePoint{}) {
      began_ = ack.now;
      most_ = std::max(most_, window_);
      turn_ = std::cbrt((most_ - window_) / kC);
      reno_ = window_;
    }
    const double t = InSeconds(ack.now - began_) + least_rtt_;
    const double wanted = std::clamp(kC * std::pow(t - turn_, 3) + most_, window_, 1.5 * window_);
    reno_ += (reno_ < most_ ? 3 * (1 - kBeta) / (1 + kBeta) : 1) / window_;
    window_ = std::max(window_ + (wanted - window_) / window_, reno_);
  }

  double window_ = 10, threshold_ = std::numeric_limits<double>::max();
  double most_ = 0, turn_ = 0, reno_ = 0;
  double least_rtt_ = std::numeric_limits<double>::max();
  double round_rtt_ = std::numeric_limits<double>::max();
  int samples_ = 0;
  TimePoint began_{};
};

class Bbr : public TcpLaw {
 public:
  void OnAck(const Ack& ack) override {
    if (ack.new_round) ++round_;
    rates_.push_back({round_, ack.rate});
    while (rates_.front().round + 10 < round_) rates_.pop_front();
    rate_ = 0;
    for (const Rate& one : rates_) rate_ = std::max(rate_, one.rate);
    UpdateLeastRtt(ack);
    if (ack.new_round && phase_ == Phase::kStartUp) CheckFull();
    UpdatePhase(ack);
  }
  void OnLoss(TimePoint) override { lost_ = true; }
  void OnTimeout() override {}
  [[nodiscard]] double window() const override {
    if (phase_ == Phase::kProbeRtt) return 4;
    if (rate_ <= 0) return 10;
    return std::max(4.0, (phase_ == Phase::kCycle ? 2 : kHighGain) * Holds() + 3);
  }
  [[nodiscard]] double pacing_rate() const override { return gain() * rate_; }

 private:
  enum class Phase { kStartUp, kDrain, kCycle, kProbeRtt };
  struct Rate {
    std::uint64_t round;
    double rate;
  };
  static constexpr double kHighGain = 2.885;

  [[nodiscard]] double gain() const {
    switch (phase_) {
      case Phase::kStartUp:
        return kHighGain;
      case Phase::kDrain:
        return 1 / kHighGain;
      case Phase::kCycle:
        return turn_ == 0 ? 1.25 : turn_ == 1 ? 0.75 : 1;
      case Phase::kProbeRtt:
        return 1;
    }
    return 1;
  }
  [[nodiscard]] double Holds() const { return rate_ * least_rtt_; }
  void UpdateLeastRtt(const Ack& ack) {
    if (ack.rtt <= least_rtt_) {
      least_rtt_ = ack.rtt;
      least_time_ = ack.now;
    }
    const bool old = InSeconds(ack.now - least_time_) > 10;
    if (old && phase_ != Phase::kProbeRtt) Enter(Phase::kProbeRtt, ack.now);
    if (phase_ != Phase::kProbeRtt) return;
    probed_rtt_ = std::min(probed_rtt_, ack.rtt);
    if (InSeconds(ack.now - began_) < 0.2 + ack.rtt) return;
    least_rtt_ = probed_rtt_;
    probed_rtt_ = std::numeric_limits<double>::max();
    least_time_ = ack.now;
    Enter(full_rounds_ >= 3 ? Phase::kCycle : Phase::kStartUp, ack.now);
    turn_ = 2;
  }
  void CheckFull() {
    if (rate_ >= full_rate_ * 1.25) {
      full_rate_ = rate_;
      full_rounds_ = 0;
    } else {
      ++full_rounds_;
    }
  }
  void UpdatePhase(const Ack& ack) {
    const double flight = static_cast<double>(ack.flight);
    if (phase_ == Phase::kStartUp && full_rounds_ >= 3) Enter(Phase::kDrain, ack.now);
    if (phase_ == Phase::kDrain && flight <= Holds()) Enter(Phase::kCycle, ack.now);
    if (phase_ != Phase::kCycle) return;
    const bool over = InSeconds(ack.now - began_) > least_rtt_;
    if (turn_ == 0   ? over && (lost_ || flight >= 1.25 * Holds())
        : turn_ == 1 ? over || flight <= Holds()
                     : over) {
      turn_ = (turn_ + 1) % 8;
      began_ = ack.now;
      lost_ = false;
    }
  }
  void Enter(Phase phase, TimePoint now) {
    phase_ = phase;
    began_ = now;
  }

  Phase phase_ = Phase::kStartUp;
  TimePoint began_{}, least_time_{};
  int turn_ = 2, full_rounds_ = 0;
  bool lost_ = false;
  std::uint64_t round_ = 0;
  std::deque<Rate> rates_;
  double rate_ = 0, full_rate_ = 0;
  double least_rtt_ = std::numeric_limits<double>::max();
  double probed_rtt_ = std::numeric_limits<double>::max();
};

}  // namespace

std::unique_ptr<TcpLaw> MakeCubic() { return std::make_unique<Cubic>(); }
std::unique_ptr<TcpLaw> MakeBbr() { return std::make_unique<Bbr>(); }

}  // namespace sctp::testing
