// When and where to connect to one peer that has no association: its names are resolved, the
// candidates to which they lead are tried in parallel (attempts.h; among equal ones, the address
// that worked last comes first), and after a round without success it waits. No I/O: the owner
// resolves and connects.
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

  // After a failure it waits for MIN to MAX. PEER is for log lines.
  Dialer(Duration min, Duration max, std::string peer = {})
      : backoff_(min, max), peer_(std::move(peer)) {}

  [[nodiscard]] State state() const { return state_; }
  // When Begin() is due; nullopt: it is not in kWaiting.
  [[nodiscard]] std::optional<TimePoint> due() const { return due_; }
  // What is being tried; only in kConnecting.
  [[nodiscard]] Attempts& attempts() { return attempts_; }
  [[nodiscard]] const Attempts& attempts() const { return attempts_; }
  // The last failure, for status; empty after a success.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  // The candidate that worked last.
  [[nodiscard]] const std::optional<Candidate>& good() const { return good_; }
  void SetGood(const Candidate& candidate) { good_ = candidate; }

  // An association is wanted: begins at once, unless it has begun already or waits after a failure.
  void Want(TimePoint now);
  // It is no longer wanted: forgets what was in progress. If it is connected it stays so.
  void Unwant(std::string_view reason);
  void Begin();
  // In kResolving: CANDIDATES for the peer; none is a failure.
  void OnResolved(std::vector<Candidate> candidates, Attempts::HeadStart head_start, TimePoint now,
                  double random, std::string_view reason);
  // In kConnecting, when attempts().over(): it waits.
  void OnRoundFailed(TimePoint now, double random, std::string_view reason);
  // In kConnecting: CANDIDATE is up, attempts() are over. Until OnServed(), OnLost() still waits
  // longer each time.
  void OnConnected(const Candidate& candidate);
  // In kConnected: the association is gone. It waits for AT_LEAST or longer.
  void OnLost(TimePoint now, double random, std::string_view reason, Duration at_least = {});
  // The path that was in use has fallen silent: in the next round the others need not wait for it.
  void OnDead(const Candidate& candidate) { dead_ = candidate; }
  // The far end that was up could not prove who it is: in the next round other hosts come before
  // it.
  void OnUnproven(const Candidate& candidate) { unproven_ = candidate; }
  // An association is up and verified, whoever began it: the next wait is short again.
  void OnServed();

  [[nodiscard]] bool IsConsistent() const;

 private:
  void SetState(State state, std::string_view reason);
  // Waits for as long as the backoff says, and at least for AT_LEAST.
  void Wait(TimePoint now, double random, std::string_view reason, Duration at_least);

  Backoff backoff_;
  std::string peer_;
  State state_ = State::kIdle;
  std::optional<TimePoint> due_;  // in kWaiting
  Attempts attempts_;
  std::optional<Candidate> good_;
  std::optional<Candidate> dead_;
  std::optional<Candidate> unproven_;
  std::string reason_;
};

}  // namespace funnel::sctpd
