// Connects to the service's backend, one new connection for each session: to a TCP address, a name
// (whose addresses are tried as RFC 8305 says), or a Unix socket.
//
// Owned by the connecting side, on the loop's thread. Answers come at the end of a turn, never
// inside Dial(). max-sessions limits how many dials can be in progress.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>

#include "common/base/clock.h"
#include "common/net/resolver.h"
#include "funnel-tcpd/dial_attempt.h"

namespace funnel::tcpd {

class Dialer final : private DialAttempt::User {
 public:
  // Gets the connected socket, non-blocking and ready for the session's bytes; or the reason why
  // there is none, which was logged and counted.
  using Done = std::function<void(Result<UniqueFd>)>;

  explicit Dialer(SharedState& shared);

  // HEADER is sent before anything else. DONE is called exactly once, unless Cancel() is called
  // first.
  [[nodiscard]] DialId Dial(Bytes header, Done done);
  void Cancel(DialId id);

 private:
  // One session's dial. For a Unix socket there is no `attempt`: it connects at once or waits.
  struct Pending {
    Done done;
    Bytes header;
    TimePoint deadline;
    TimePoint wake;  // its key in wakes_
    std::unique_ptr<DialAttempt> attempt;
  };
  struct Answer {
    DialId id;
    Done done;
    Result<UniqueFd> result;
  };

  void OnProgress(DialAttempt& attempt) override;
  // Starts with the addresses, if the dial still waits.
  void OnResolved(DialId id, const net::Resolver::Answer& answer);
  // Continues the attempt, and ends the dial or sets its next time.
  void Run(DialId id, Pending& pending);
  // Looks at PENDING again at AT.
  void WakeAt(DialId id, Pending& pending, TimePoint at);
  // Continues those whose time has come; those beyond connect-timeout fail.
  void OnWake();
  // False: the backlog is full.
  [[nodiscard]] bool TryUnix(DialId id, Pending& pending);
  void RetryBusy();
  // The dial succeeded: the backend works again, if it did not.
  void Succeed(DialId id, UniqueFd fd);
  // The dial failed: counted in COUNTER and logged.
  void FailDial(DialId id, CounterIndex counter, const std::string& why);
  // Keeps the answer until the end of the turn, when no call of the user is on the stack.
  void Finish(DialId id, Result<UniqueFd> result);
  void DeliverAnswers();

  SharedState& shared_;
  net::Resolver resolver_;
  net::AddressOrder order_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<DialId, Pending> pending_;
  std::set<std::pair<TimePoint, DialId>> wakes_;
  // A Unix backend's backlog is full: these wait, in the order in which they came.
  std::deque<DialId> busy_;
  std::deque<Answer> answers_;
  std::unique_ptr<event::Timer> wake_timer_, retry_timer_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::tcpd
