#include "funnel-sctpd/association/dialer.h"

#include <algorithm>

#include "common/base/log.h"

namespace funnel::sctpd {

namespace {

std::string_view StateName(Dialer::State state) {
  switch (state) {
    case Dialer::State::kIdle:
      return "idle";
    case Dialer::State::kWaiting:
      return "waiting";
    case Dialer::State::kResolving:
      return "resolving";
    case Dialer::State::kConnecting:
      return "connecting";
    case Dialer::State::kConnected:
      return "connected";
  }
  return "?";
}

}  // namespace

void Dialer::Want(TimePoint now) {
  if (state_ != State::kIdle) return;
  SetState(State::kWaiting, "it is wanted");
  due_ = now;
}

void Dialer::Unwant(std::string_view reason) {
  if (state_ != State::kConnected) SetState(State::kIdle, reason);
}

void Dialer::Begin() { SetState(State::kResolving, ""); }

void Dialer::OnResolved(std::vector<Candidate> candidates, Attempts::HeadStart head_start,
                        TimePoint now, double random, std::string_view reason) {
  if (state_ != State::kResolving) return;
  if (candidates.empty()) return Wait(now, random, reason, {});

  if (good_) Prefer(candidates, *good_);
  if (unproven_)
    std::ranges::stable_partition(candidates, [this](const Candidate& candidate) {
      return !candidate.address.SameHost(unproven_->address);
    });
  unproven_.reset();

  SetState(State::kConnecting, "");
  attempts_.Begin(std::move(candidates), head_start, now, std::exchange(dead_, std::nullopt));
}

void Dialer::OnRoundFailed(TimePoint now, double random, std::string_view reason) {
  if (state_ == State::kConnecting) Wait(now, random, reason, {});
}

void Dialer::OnConnected(const Candidate& candidate) {
  if (state_ != State::kConnecting) return;
  good_ = candidate;
  SetState(State::kConnected, "a candidate is up");
}

void Dialer::OnLost(TimePoint now, double random, std::string_view reason, Duration at_least) {
  if (state_ == State::kConnected) Wait(now, random, reason, at_least);
}

void Dialer::OnServed() {
  backoff_.Reset();
  reason_.clear();
  dead_.reset();
  unproven_.reset();
  SetState(State::kConnected, "verified");
}

bool Dialer::IsConsistent() const {
  if (due_.has_value() != (state_ == State::kWaiting)) return false;
  return state_ == State::kConnecting || attempts_.running().empty();
}

void Dialer::SetState(State state, std::string_view reason) {
  if (state != State::kConnecting) attempts_.Clear();
  if (state != State::kWaiting) due_.reset();
  if (state == state_) return;

  std::string line(StateName(state));
  if (!reason.empty()) line.append(": ").append(reason);
  Log(LogLevel::kDebug, "dialling", line, {{"PEER", peer_}});
  state_ = state;
}

void Dialer::Wait(TimePoint now, double random, std::string_view reason, Duration at_least) {
  reason_ = reason;
  SetState(State::kWaiting, reason);
  due_ = now + std::max(backoff_.Next(random), at_least);
}

}  // namespace funnel::sctpd
