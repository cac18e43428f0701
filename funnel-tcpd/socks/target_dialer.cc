#include "funnel-tcpd/socks/target_dialer.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "funnel-tcpd/socket_addresses.h"
#include "funnel-tcpd/socks/target_rules.h"

namespace funnel::tcpd {
namespace {

// A zone would be the name of an interface, which no rule can name.
bool IsHost(const config::Endpoint& endpoint) {
  return !endpoint.host.contains('%') &&
         (endpoint.is_literal() || config::IsHostName(endpoint.host));
}

}  // namespace

TargetDialer::TargetDialer(SharedState& shared, OwnAddressList own)
    : shared_(shared),
      own_(std::move(own)),
      lookups_(shared.loop),
      timer_(shared.loop.AddTimer([this] { OnWake(); })),
      hook_(shared.loop.AddTurnHook([this] { DeliverAnswers(); })) {}

DialId TargetDialer::Dial(const wire::SessionInfo& info, const ChannelPort::Peer& peer, Done done) {
  const DialId id(++last_id_);
  Pending& pending = pending_[id];
  pending.done = std::move(done);
  pending.info = info;
  pending.peer = peer;
  pending.deadline = pending.wake = Now() + shared_.service.connect_timeout;
  wakes_.emplace(pending.wake, id);
  timer_->Arm(wakes_.begin()->first);

  const config::Endpoint endpoint{
      .host = info.target->host, .port = info.target->port, .unix_path = {}};
  // What no rule allows is not looked up, either.
  if (const auto allowed = TargetRules(shared_.service).JudgePort(endpoint.port); !allowed) {
    Refuse(id, kTargetsNotAllowed, allowed.error());
  } else if (!IsHost(endpoint)) {
    Refuse(id, kTargetsUnknown, {"it is neither a name nor an address", EHOSTUNREACH});
  } else if (const auto literal = endpoint.literal()) {
    Connect(id, pending, {*literal});
  } else {
    lookups_.Start(id.value(), peer.principal, endpoint, shared_.service.lookups,
                   [this, id](const auto& answer) { OnResolved(id, answer); });
  }
  return id;
}

void TargetDialer::OnResolved(DialId id, const net::Resolver::Answer& answer) {
  const auto at = pending_.find(id);
  if (at == pending_.end()) return;
  if (!answer) return Refuse(id, kTargetsUnknown, {answer.error().message, EHOSTUNREACH});
  Connect(id, at->second, *answer);
}

void TargetDialer::Connect(DialId id, Pending& pending,
                           const std::vector<SocketAddress>& addresses) {
  const TargetRules rules(shared_.service);
  const std::vector<SocketAddress> own = own_();
  std::vector<SocketAddress> allowed;
  Error refusal{"no address", EHOSTUNREACH};
  for (const SocketAddress& address : addresses) {
    if (auto judged = rules.JudgeAddress(address, own)) {
      allowed.push_back(address);
    } else {
      refusal = std::move(judged).error();
    }
  }
  if (allowed.empty()) return Refuse(id, kTargetsNotAllowed, refusal);

  pending.attempt = std::make_unique<DialAttempt>(
      shared_, pending.order, static_cast<DialAttempt::User&>(*this), id, /*header=*/Bytes());
  const TimePoint now = Now();
  pending.attempt->Start(allowed, pending.deadline - now, now);
  Run(id, pending);
}

void TargetDialer::Run(DialId id, Pending& pending) {
  switch (pending.attempt->Run(Now())) {
    case DialAttempt::Outcome::kPending:
      return WakeAt(id, pending,
                    std::min(pending.deadline, pending.attempt->due().value_or(TimePoint::max())));
    case DialAttempt::Outcome::kConnected:
      return Succeed(id, pending.attempt->TakeConnected());
    case DialAttempt::Outcome::kFailed:
      return Refuse(id, pending.attempt->failed_counter(), pending.attempt->error());
  }
}

void TargetDialer::WakeAt(DialId id, Pending& pending, TimePoint at) {
  if (at == pending.wake) return;
  wakes_.erase({pending.wake, id});
  pending.wake = at;
  wakes_.emplace(at, id);
  timer_->Arm(wakes_.begin()->first);
}

void TargetDialer::OnWake() {
  const TimePoint now = Now();
  while (!wakes_.empty() && wakes_.begin()->first <= now) {
    const DialId id = wakes_.begin()->second;
    Pending& pending = pending_.at(id);
    if (now < pending.deadline) {
      Run(id, pending);
    } else {
      Refuse(id, kConnectTimeouts, {"no answer within connect-timeout", ETIMEDOUT});
    }
  }
  if (!wakes_.empty()) timer_->Arm(wakes_.begin()->first);
}

void TargetDialer::Succeed(DialId id, UniqueFd fd) {
  const Pending& pending = pending_.at(id);
  const std::string address = AddressText(PeerAddress(fd.get()));
  const std::string target = EscapeForLog(pending.info.target->text());
  Log(LogLevel::kInfo, "target-connected", target + " is connected at " + address,
      {{"SERVICE", shared_.service.name.text()},
       {"CLIENT", EscapeForLog(pending.info.client)},
       {"TARGET", target},
       {"ADDRESS", address},
       {"PEER", pending.peer.name},
       {"REMOTE", pending.peer.principal}});
  Finish(id, std::move(fd));
}

void TargetDialer::Refuse(DialId id, CounterIndex counter, const Error& error) {
  const Pending& pending = pending_.at(id);
  const bool not_allowed = counter == kTargetsNotAllowed;
  const std::string target = EscapeForLog(pending.info.target->text());
  shared_.Count(counter);
  Log(LogLevel::kNotice, not_allowed ? "target-not-allowed" : "target-unreachable",
      target + (not_allowed ? " is not allowed: " : ": ") + error.message,
      {{"SERVICE", shared_.service.name.text()},
       {"CLIENT", EscapeForLog(pending.info.client)},
       {"TARGET", target},
       {"REASON", error.message},
       {"PEER", pending.peer.name},
       {"REMOTE", pending.peer.principal}});
  Finish(id, std::unexpected(error));
}

void TargetDialer::Finish(DialId id, Result<UniqueFd> result) {
  lookups_.Forget(id.value());
  const auto at = pending_.find(id);
  answers_.push_back({id, std::move(at->second.done), std::move(result)});
  hook_->Request();
  wakes_.erase({at->second.wake, id});
  pending_.erase(at);
}

void TargetDialer::Cancel(DialId id) {
  lookups_.Forget(id.value());
  if (const auto at = pending_.find(id); at != pending_.end()) {
    wakes_.erase({at->second.wake, id});
    pending_.erase(at);
  }
  std::erase_if(answers_, [&](const Answer& answer) { return answer.id == id; });
}

void TargetDialer::DeliverAnswers() {
  while (!answers_.empty()) {
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    answer.done(std::move(answer.result));
  }
}

wire::EndCode EndCodeFor(const Error& error) {
  switch (error.code) {
    case EACCES:
    case EPERM:  // the unit's filter
      return wire::EndCode::kNotAllowed;
    case ECONNREFUSED:
      return wire::EndCode::kRefused;
    case ENETUNREACH:
      return wire::EndCode::kNetworkUnreachable;
    case EHOSTUNREACH:
    case ETIMEDOUT:
      return wire::EndCode::kHostUnreachable;
    default:
      return wire::EndCode::kConnectFailed;
  }
}

}  // namespace funnel::tcpd
