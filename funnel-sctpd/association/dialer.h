// When and where to connect to one peer that has no association: names are resolved, the ways they
// lead to tried beside each other (attempts.h; of equal ones the address that worked last first),
// and after a whole round without success it waits. No I/O: the owner resolves and connects.
//
//   kIdle --Want--> kWaiting --Begin--> kResolving --OnResolved--> kConnecting --OnConnected-->
//   kConnected
//                      ^------------------OnRoundFailed / OnLost--------------------'
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "funnel-sctpd/association/attempts.h"
#include "funnel-sctpd/association/backoff.h"

namespace funnel::sctpd {

class Dialer {
 public:
  enum class State { kIdle, kWaiting, kResolving, kConnecting, kConnected };

  Dialer(Duration min, Duration max) : backoff_(min, max) {}

  [[nodiscard]] State state() const { return state_; }
  // When Begin() is due; nullopt unless kWaiting.
  [[nodiscard]] std::optional<TimePoint> due() const;
  // What is being tried; only in kConnecting.
  [[nodiscard]] Attempts& attempts() { return attempts_; }
  [[nodiscard]] const Attempts& attempts() const { return attempts_; }
  // The last failure, for status; empty after a success.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  // The way that worked last.
  [[nodiscard]] const std::optional<Candidate>& good() const { return good_; }
  void SetGood(const Candidate& route) { good_ = route; }

  // An association is wanted: begins at once, unless it has begun or waits after a failure.
  void Want(TimePoint now);
  // It is not wanted any more: whatever was going on is forgotten. A connected one stays so.
  void Unwant();
  void Begin();
  // In kResolving: where the peer may be; empty is a failure.
  void OnResolved(std::vector<Candidate> routes, Attempts::HeadStart head_start, TimePoint now,
                  double random, std::string_view reason);
  // In kConnecting, attempts().over(): it waits.
  void OnRoundFailed(TimePoint now, double random, std::string_view reason);
  // In kConnecting: ROUTE is up, attempts() are over. The next OnLost() waits longer all the same,
  // until OnVerified().
  void OnConnected(const Candidate& route);
  // In kConnected: the association has gone. AT_LEAST: the shortest time to wait.
  void OnLost(TimePoint now, double random, std::string_view reason, Duration at_least = {});
  // What was up has fallen silent: in the next round others need not wait for it.
  void OnDead(const Candidate& route) { dead_ = route; }
  // What was up could not prove who it is: in the next round other hosts come before it.
  void OnUnproven(const Candidate& route) { unproven_ = route; }
  // An association is up and verified, made by the peer or by us: the next wait is short again.
  void OnServed();

 private:
  void SetState(State state);
  void Wait(TimePoint now, double random, std::string_view reason, Duration at_least);

  Backoff backoff_;
  State state_ = State::kIdle;
  TimePoint due_{};
  Attempts attempts_;
  std::optional<Candidate> good_;
  std::optional<Candidate> dead_;
  std::optional<Candidate> unproven_;
  std::string reason_;
};

}  // namespace funnel::sctpd
