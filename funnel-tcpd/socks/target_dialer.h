// Connects to what sessions of a service with protocol = socks name. A name is looked up once; the
// service's rules judge each of its addresses (target_rules.h), and the connection goes to one of
// those that they allow, tried as RFC 8305 says. Nothing else is ever connected to. All of it
// within connect-timeout.
//
// Owned by Dialer, on the loop's thread. Answers come at the end of a turn, never inside Dial().
// max-sessions limits how many dials can be in progress.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/clock.h"
#include "common/wire/frame/types.h"
#include "funnel-tcpd/channel_port.h"
#include "funnel-tcpd/dial_attempt.h"
#include "funnel-tcpd/socks/lookups.h"

namespace funnel::tcpd {

class TargetDialer final : private DialAttempt::User {
 public:
  // Gets the connection, or why there is none, with its errno (EndCodeFor); that was logged and
  // counted.
  using Done = std::function<void(Result<UniqueFd>)>;
  using OwnAddressList = std::function<std::vector<SocketAddress>()>;

  // OWN gives the addresses of this node, as they are at that moment.
  TargetDialer(SharedState& shared, OwnAddressList own);

  // For a session that PEER opened, with INFO, which has a target. DONE is called exactly once,
  // unless Cancel() is called first.
  [[nodiscard]] DialId Dial(const wire::SessionInfo& info, const ChannelPort::Peer& peer,
                            Done done);
  void Cancel(DialId id);

 private:
  struct Pending {
    Done done;
    wire::SessionInfo info;
    ChannelPort::Peer peer;
    TimePoint deadline;
    TimePoint wake;           // its key in wakes_
    net::AddressOrder order;  // before `attempt`, which uses it
    std::unique_ptr<DialAttempt> attempt;
  };
  struct Answer {
    DialId id;
    Done done;
    Result<UniqueFd> result;
  };

  void OnProgress(DialAttempt& attempt) override { Run(attempt.id(), pending_.at(attempt.id())); }
  void OnResolved(DialId id, const net::Resolver::Answer& answer);
  // Connects to those of ADDRESSES that the rules allow.
  void Connect(DialId id, Pending& pending, const std::vector<SocketAddress>& addresses);
  // Continues the attempt, and ends the dial or sets its next time.
  void Run(DialId id, Pending& pending);
  void WakeAt(DialId id, Pending& pending, TimePoint at);
  void OnWake();
  void Succeed(DialId id, UniqueFd fd);
  // There is no connection, for the reason ERROR, which is logged and counted in COUNTER.
  void Refuse(DialId id, CounterIndex counter, const Error& error);
  // Keeps the answer until the end of the turn.
  void Finish(DialId id, Result<UniqueFd> result);
  void DeliverAnswers();

  SharedState& shared_;
  OwnAddressList own_;
  Lookups lookups_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<DialId, Pending> pending_;
  std::set<std::pair<TimePoint, DialId>> wakes_;
  std::deque<Answer> answers_;
  std::unique_ptr<event::Timer> timer_;
  std::unique_ptr<event::TurnHook> hook_;
};

// What a far end is told of an ERROR of a dial.
[[nodiscard]] wire::EndCode EndCodeFor(const Error& error);

}  // namespace funnel::tcpd
