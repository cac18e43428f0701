#include "funnel-sctpd/association/dialer.h"

#include <algorithm>

namespace funnel::sctpd {

std::optional<TimePoint> Dialer::due() const {
  if (state_ != State::kWaiting) return std::nullopt;
  return due_;
}

void Dialer::Want(TimePoint now) {
  if (state_ != State::kIdle) return;
  due_ = now;
  SetState(State::kWaiting);
}

void Dialer::Unwant() {
  if (state_ != State::kConnected) SetState(State::kIdle);
}

void Dialer::Begin() { SetState(State::kResolving); }

void Dialer::OnResolved(std::vector<Candidate> routes, Attempts::HeadStart head_start,
                        TimePoint now, double random, std::string_view reason) {
  if (state_ != State::kResolving) return;
  if (routes.empty()) return Wait(now, random, reason, {});
  if (good_) Prefer(routes, *good_);
  if (unproven_)
    std::ranges::stable_partition(routes, [this](const Candidate& route) {
      return !route.address.SameHost(unproven_->address);
    });
  unproven_.reset();
  SetState(State::kConnecting);
  attempts_.Begin(std::move(routes), head_start, now, std::exchange(dead_, std::nullopt));
}

void Dialer::OnRoundFailed(TimePoint now, double random, std::string_view reason) {
  if (state_ == State::kConnecting) Wait(now, random, reason, {});
}

void Dialer::OnConnected(const Candidate& route) {
  if (state_ != State::kConnecting) return;
  good_ = route;
  SetState(State::kConnected);
}

void Dialer::OnLost(TimePoint now, double random, std::string_view reason, Duration at_least) {
  if (state_ == State::kConnected) Wait(now, random, reason, at_least);
}

void Dialer::OnServed() {
  backoff_.Reset();
  reason_.clear();
  dead_.reset();
  unproven_.reset();
  SetState(State::kConnected);
}

void Dialer::SetState(State state) {
  if (state != State::kConnecting) attempts_.Clear();
  state_ = state;
}

void Dialer::Wait(TimePoint now, double random, std::string_view reason, Duration at_least) {
  due_ = now + std::max(backoff_.Next(random), at_least);
  reason_ = reason;
  SetState(State::kWaiting);
}

}  // namespace funnel::sctpd
