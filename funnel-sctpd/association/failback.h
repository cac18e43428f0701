// When a better way to a peer is tried beside the association that serves it: direct SCTP beside
// UDP, the preferred target beside the spare one. No I/O: the owner waits for the idle moment,
// resolves and connects.
//
//   kOff --Plan--> kWaiting --Begin--> kResolving --OnResolved--> kConnecting --OnConnected-->
//   kVerifying
//                     ^---------------------------Plan---------------------------'
//   Off from anywhere
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "funnel-sctpd/association/attempts.h"

namespace funnel::sctpd {

class Failback {
 public:
  enum class State { kOff, kWaiting, kResolving, kConnecting, kVerifying };

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool trying() const { return state_ != State::kOff && state_ != State::kWaiting; }
  // When Begin() is due; nullopt unless kWaiting.
  [[nodiscard]] std::optional<TimePoint> due() const {
    if (state_ != State::kWaiting) return std::nullopt;
    return due_;
  }
  [[nodiscard]] Attempts& attempts() { return attempts_; }
  [[nodiscard]] const Attempts& attempts() const { return attempts_; }

  // At DUE, whatever was going on.
  void Plan(TimePoint due) {
    due_ = due;
    SetState(State::kWaiting);
  }
  // There is nothing better, or no association that it could be better than.
  void Off() { SetState(State::kOff); }
  void Begin() { SetState(State::kResolving); }
  // In kResolving: the ways that are better, at least one.
  void OnResolved(std::vector<Candidate> routes, Attempts::HeadStart head_start, TimePoint now) {
    SetState(State::kConnecting);
    attempts_.Begin(std::move(routes), head_start, now);
  }
  void OnConnected() { SetState(State::kVerifying); }

 private:
  void SetState(State state) {
    if (state != State::kConnecting) attempts_.Clear();
    state_ = state;
  }

  State state_ = State::kOff;
  TimePoint due_{};
  Attempts attempts_;
};

}  // namespace funnel::sctpd
