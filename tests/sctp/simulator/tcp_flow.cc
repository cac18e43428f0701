#include "tests/sctp/simulator/tcp_flow.h"

#include <algorithm>

namespace sctp::testing {
namespace {

constexpr Duration kTimeout = std::chrono::seconds(1);
constexpr std::uint64_t kReordering = 3;
constexpr std::size_t kAckBytes = 40;

}  // namespace

void TcpFlow::Start() {
  last_progress_ = next_send_ = simulation_.now;
  SendWhatMayLeave();
  CheckTimeout();
}

void TcpFlow::SendWhatMayLeave() {
  while (static_cast<double>(flight_) < law_->window()) {
    const double rate = law_->pacing_rate();
    if (rate > 0 && next_send_ > simulation_.now) {
      if (std::exchange(waits_, true)) return;
      simulation_.At(next_send_, [this] {
        waits_ = false;
        SendWhatMayLeave();
      });
      return;
    }
    SendOne();
    if (rate > 0)
      next_send_ = std::max(next_send_, simulation_.now) +
                   std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / rate));
  }
}

void TcpFlow::SendOne() {
  if (flight_ == 0) last_progress_ = simulation_.now;
  const std::uint64_t number = first_ + sent_.size();
  sent_.push_back({simulation_.now, last_progress_, delivered_});
  ++flight_;
  const auto there = simulation_.to_b.Send(kPacketBytes, true, simulation_.now);
  if (!there.first) return;
  simulation_.At(*there.first, [this, number] {
    const auto back = simulation_.to_a.Send(kAckBytes, true, simulation_.now);
    if (back.first) simulation_.At(*back.first, [this, number] { OnAck(number); });
  });
}

void TcpFlow::OnAck(std::uint64_t number) {
  if (number < first_ || sent_[number - first_].over) return;
  Sent& sent = sent_[number - first_];
  sent.over = true;
  --flight_;
  ++delivered_;

  TcpLaw::Ack ack{simulation_.now, InSeconds(simulation_.now - sent.time)};
  const double span = InSeconds(simulation_.now - sent.delivered_time);
  if (span > 0) ack.rate = static_cast<double>(delivered_ - sent.delivered) / span;
  last_progress_ = simulation_.now;
  highest_acknowledged_ = std::max(highest_acknowledged_, number);
  ack.new_round = number >= round_end_;
  if (ack.new_round) round_end_ = first_ + sent_.size();

  FindLost();
  ack.flight = flight_;
  law_->OnAck(ack);
  SendWhatMayLeave();
}

void TcpFlow::FindLost() {
  bool lost = false;
  while (!sent_.empty() && (sent_.front().over || first_ + kReordering < highest_acknowledged_)) {
    if (!sent_.front().over) {
      --flight_;
      lost |= first_ >= recovery_end_;
    }
    sent_.pop_front();
    ++first_;
  }
  if (!lost) return;
  recovery_end_ = first_ + sent_.size();
  law_->OnLoss(simulation_.now);
}

void TcpFlow::CheckTimeout() {
  if (flight_ > 0 && simulation_.now - last_progress_ >= kTimeout) {
    first_ += sent_.size();
    sent_.clear();
    flight_ = 0;
    law_->OnTimeout();
    SendWhatMayLeave();
  }
  simulation_.At(simulation_.now + kTimeout / 4, [this] { CheckTimeout(); });
}

}  // namespace sctp::testing
