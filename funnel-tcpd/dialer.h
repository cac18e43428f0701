// Connects to a backend of the service, one new connection for each session: to a TCP address, a
// name (whose addresses are tried as RFC 8305 says), or a Unix socket. Which backend, the pool
// decides. If it does not take the connection, another one is asked; each has an equal share of
// what is left of connect-timeout.
//
// While all backends fail their checks, on-backend-down says what becomes of a dial: it fails at
// once, or backends are asked all the same, and if none takes it, it waits until one has passed its
// checks.
//
// Owned by the connecting side, on the loop's thread. Answers come at the end of a turn, never
// inside Dial(). max-sessions limits how many dials can be in progress.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/net/resolver.h"
#include "funnel-tcpd/dial_attempt.h"
#include "funnel-tcpd/socks/target_dialer.h"

namespace funnel::tcpd {

class Dialer final : private DialAttempt::User {
 public:
  // A connection, non-blocking and ready for the session's bytes, and whose it is.
  struct Connected {
    UniqueFd fd;
    service::BackendPool::Use backend;
  };
  // Gets the connection; or the reason why there is none, which was logged and counted.
  using Done = std::function<void(Result<Connected>)>;

  explicit Dialer(SharedState& shared);

  // For a session of CLIENT ("192.0.2.1:4711", or nothing), which the peer may state if the service
  // has source = transparent. HEADER is sent before anything else.
  // DONE is called exactly once, unless Cancel() is called first.
  [[nodiscard]] DialId Dial(const std::string& client, Bytes header, Done done);
  void Cancel(DialId id);
  // What connects where sessions name their targets.
  [[nodiscard]] TargetDialer& targets() { return targets_; }
  // The service's backends may have changed.
  void OnReload();
  // What their checks say may have changed.
  void OnChecked();

 private:
  // What is known about one backend's addresses.
  struct Target final : service::BackendData {
    explicit Target(event::Loop& loop) : resolver(loop) {}
    net::Resolver resolver;
    net::AddressOrder order;
  };
  // One session's dial. For a Unix socket there is no `attempt`: it connects at once or waits.
  struct Pending {
    Done done;
    std::string client;
    // It, where the service had source = transparent when that was looked at (Backend): a reload
    // that sets it later makes nobody's statement good.
    SocketAddress stated;
    Bytes header;
    TimePoint deadline;
    TimePoint patience;                     // until then the present backend may answer
    TimePoint wake;                         // its key in wakes_
    service::BackendPool::Use backend;      // before `attempt`, which uses its data
    std::vector<service::BackendId> tried;  // `backend` is the last of them
    std::string errors;                     // what those before it said
    // Whether it is the present one: it may have been passed over meanwhile.
    [[nodiscard]] bool IsAt(service::BackendId id) const { return backend && backend.id() == id; }
    std::unique_ptr<DialAttempt> attempt;
  };
  struct Answer {
    DialId id;
    Done done;
    Result<Connected> result;
  };

  void OnProgress(DialAttempt& attempt) override;
  // Asks the first backend, or refuses the dial.
  void Ask(DialId id, Pending& pending);
  // Whether PENDING, which no backend took, waits for one to pass its checks.
  [[nodiscard]] bool MayWait(const Pending& pending) const;
  // Makes the next backend that of PENDING. False: all were asked.
  [[nodiscard]] bool ChooseNext(Pending& pending);
  // Asks that backend.
  void Begin(DialId id, Pending& pending);
  // Starts with the addresses of BACKEND, if the dial still waits for them.
  void OnResolved(DialId id, service::BackendId backend, const net::Resolver::Answer& answer);
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
  // The present backend takes no connection: logs that, and asks the next one. If there is none the
  // dial has failed, which is counted in COUNTER.
  void PassOver(DialId id, CounterIndex counter, const std::string& why);
  // Keeps the answer until the end of the turn, when no call of the user is on the stack.
  void Finish(DialId id, Result<Connected> result);
  void DeliverAnswers();

  SharedState& shared_;
  TargetDialer targets_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<DialId, Pending> pending_;
  std::set<std::pair<TimePoint, DialId>> wakes_;
  // A Unix backend's backlog is full: these wait, in the order in which they came.
  std::deque<std::pair<DialId, service::BackendId>> busy_;
  std::set<DialId> parked_;  // no backend took them, and they may wait; the first one came first
  std::deque<Answer> answers_;
  std::unique_ptr<event::Timer> wake_timer_, retry_timer_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::tcpd
