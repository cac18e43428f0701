// Connects to the service's backend, one new connection for each session: a TCP address, a name
// (whose addresses are tried as RFC 8305 says), or a Unix socket.
//
// Owned by the connecting side, on the loop's thread. Answers come from the end of a turn, never
// from inside Dial(). The number of dials under way is bounded by max-sessions.
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
  // Gets the connected socket, non-blocking and ready for bytes of the session; or why there is
  // none, which has been logged and counted.
  using Done = std::function<void(Result<UniqueFd>)>;

  explicit Dialer(SharedState& shared);

  // HEADER is sent before anything else. DONE is called exactly once, unless Cancel() comes first.
  [[nodiscard]] DialId Dial(Bytes header, Done done);
  void Cancel(DialId id);

 private:
  // One session's dial. Of a Unix socket's there is no `attempt`: it connects at once or waits.
  struct Pending {
    Done done;
    Bytes header;
    TimePoint deadline;
    TimePoint wake;  // its place in wakes_
    std::unique_ptr<DialAttempt> attempt;
  };
  struct Answer {
    DialId id;
    Done done;
    Result<UniqueFd> result;
  };

  void OnProgress(DialAttempt& attempt) override;
  // Begins with the addresses, where the dial still waits.
  void OnResolved(DialId id, const net::Resolver::Answer& answer);
  // Lets the attempt go on, and ends the dial or sets its next time.
  void Run(DialId id, Pending& pending);
  // PENDING is looked at again at AT.
  void WakeAt(DialId id, Pending& pending, TimePoint at);
  // Goes on with those whose time has come; those past connect-timeout fail.
  void OnWake();
  // False: the backlog is full.
  [[nodiscard]] bool TryUnix(DialId id, Pending& pending);
  void RetryBusy();
  // The backend works again, if it did not.
  void Succeed(DialId id, UniqueFd fd);
  // Counted in COUNTER and logged.
  void FailDial(DialId id, CounterIndex counter, const std::string& why);
  // The answer waits for the end of the turn, where no call of the user's is running.
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
