#include "funnel-sctpd/dialer.h"

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

void Dialer::OnResolved(std::vector<Route> routes, TimePoint now, double random,
                        std::string_view reason) {
  if (state_ != State::kResolving) return;
  if (routes.empty()) return Wait(now, random, reason, {});
  if (good_) {
    auto found = std::find(routes.begin(), routes.end(), *good_);
    if (found != routes.end() && found->priority == routes.front().priority)
      std::rotate(routes.begin(), found, found + 1);
  }
  routes_ = std::move(routes);
  at_ = 0;
  SetState(State::kConnecting);
}

void Dialer::OnConnectFailed(TimePoint now, double random, std::string_view reason) {
  if (state_ != State::kConnecting) return;
  reason_ = reason;
  if (++at_ < routes_.size()) return;
  Wait(now, random, reason, {});
}

void Dialer::OnConnected() {
  if (state_ != State::kConnecting) return;
  good_ = route();
  SetState(State::kConnected);
}

void Dialer::OnVerified() {
  backoff_.Reset();
  reason_.clear();
}

void Dialer::OnLost(TimePoint now, double random, std::string_view reason, Duration at_least) {
  if (state_ == State::kConnected) Wait(now, random, reason, at_least);
}

void Dialer::OnServedByPeer() {
  backoff_.Reset();
  reason_.clear();
  SetState(State::kConnected);
}

void Dialer::Wait(TimePoint now, double random, std::string_view reason, Duration at_least) {
  due_ = now + std::max(backoff_.Next(random), at_least);
  reason_ = reason;
  SetState(State::kWaiting);
}

}  // namespace funnel::sctpd
