#include "funnel-tcpd/session_report.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "common/base/log.h"
#include "common/service/client/peer_limits.h"

namespace funnel::tcpd {

using service::AccessEnd;
using wire::EndCode;

namespace {

// A time of a session that may be over.
struct Timeout {
  EndCode code;
  std::string_view text;
  std::string_view key;
  bool both_silent = false;  // otherwise one application is
};
constexpr Timeout kTimeouts[] = {
    {EndCode::kIdle, "no byte went either way", "idle-timeout", true},
    {EndCode::kHalfClosed, "half closed, and silent", "fin-timeout", true},
    {EndCode::kUnacknowledged, "nothing that was sent was acknowledged", "user-timeout"},
    {EndCode::kStuck, "nothing was read", "stuck-timeout"},
};

std::pair<CounterIndex, EndCode> Meaning(SessionClock::Why why) {
  switch (why) {
    case SessionClock::Why::kIdle:
      return {kSessionsIdle, EndCode::kIdle};
    case SessionClock::Why::kHalfClosed:
      return {kSessionsHalfClosed, EndCode::kHalfClosed};
    case SessionClock::Why::kUnacknowledged:
      return {kSessionsUnacknowledged, EndCode::kUnacknowledged};
  }
  return {kInternalErrors, EndCode::kInternal};
}

}  // namespace

std::string SessionReport::BackendText(const SessionFacts& facts) const {
  if (facts.info.target)
    return facts.info.target->text() +
           (facts.connected.empty() ? "" : " (" + facts.connected + ')');
  if (listens()) return "";
  if (shared_.service.protocol == config::Protocol::kCommand) return shared_.service.exec.written;
  return facts.backend ? facts.backend.endpoint().text()
                       : config::BackendsText(shared_.service.connect_address);
}

void SessionReport::CountWritten(SessionFacts& facts, std::size_t bytes, TimePoint now) const {
  if (listens()) {
    facts.counts.OnToClient(bytes, now);
  } else {
    facts.counts.OnFromClient(bytes);
  }
}

void SessionReport::CountRead(SessionFacts& facts, std::size_t bytes, TimePoint now) const {
  if (listens()) {
    facts.counts.OnFromClient(bytes);
  } else {
    facts.counts.OnToClient(bytes, now);
  }
}

AccessEnd SessionReport::ClosedBy(const SessionFacts& facts) const {
  return {"closed", facts.ours_ended_first ? OurSide() : FarSide()};
}

AccessEnd SessionReport::FarEnd(EndCode code) const {
  switch (code) {
    case EndCode::kBroken:
      return {"reset", FarSide()};
    case EndCode::kConnectFailed:
    case EndCode::kHostUnreachable:
    case EndCode::kNetworkUnreachable:
    case EndCode::kRefused:
      return {"connect-failed", "backend"};
    case EndCode::kNotAllowed:
      return {"not-allowed", "far side"};
    case EndCode::kTimeout:
      return {"stuck-timeout", OurSide()};
    case EndCode::kStuck:
      return {"stuck-timeout", FarSide()};
    case EndCode::kUnacknowledged:
      return {"user-timeout", FarSide()};
    case EndCode::kIdle:
      return {"idle-timeout", "far side"};
    case EndCode::kHalfClosed:
      return {"fin-timeout", "far side"};
    case EndCode::kReset:
      return {"reset", "far side"};
    case EndCode::kLimit:
      return {"limit", "far side"};
    case EndCode::kDraining:
      return {"drained", "far side"};
    default:
      return {"channel-lost", "far side"};
  }
}

AccessEnd SessionReport::OwnEnd(EndCode code) const {
  switch (code) {
    case EndCode::kConnectFailed:
    case EndCode::kHostUnreachable:
    case EndCode::kNetworkUnreachable:
    case EndCode::kRefused:
      return {"connect-failed", "backend"};
    case EndCode::kNotAllowed:
      return {"not-allowed", "here"};
    case EndCode::kUnacknowledged:
      return {"user-timeout", OurSide()};
    case EndCode::kIdle:
      return {"idle-timeout", "here"};
    case EndCode::kHalfClosed:
      return {"fin-timeout", "here"};
    case EndCode::kReset:
      return {"reset", "here"};
    default:
      return {"failed", "here"};
  }
}

void SessionReport::LogAccess(const SessionFacts& facts, const AccessEnd& end) {
  if (shared_.service.access_log == config::AccessForm::kNo) return;
  const ChannelPort::Peer peer = port_.peer();
  const bool logged = shared_.access_log.Write(shared_.service, {.client = facts.info.client,
                                                                 .local = facts.info.local,
                                                                 .peer = peer.name,
                                                                 .principal = peer.principal,
                                                                 .backend = BackendText(facts),
                                                                 .counts = facts.counts,
                                                                 .opened = facts.opened,
                                                                 .ended = Now(),
                                                                 .end = end});
  if (!logged) shared_.Count(kAccessLinesLost);
}

void SessionReport::CountDelay(const SocketAddress& client) {
  shared_.Count(kClientBytesOverRate);
  shared_.Counter(kClientLimitedAt) = static_cast<std::uint64_t>(std::time(nullptr));
  service::LogRefusal(
      shared_.service, client,
      shared_.clients.Refuse(shared_.service, client, service::RateLimits::Limit::kBytes, Now()));
}

void SessionReport::CountPeerRefusal(const service::RateLimits::Refusal& refusal) {
  using Limit = service::RateLimits::Limit;
  shared_.Count(refusal.limit == Limit::kNew     ? kPeerNewsOverRate
                : refusal.limit == Limit::kBytes ? kPeerBytesOverRate
                                                 : kPeerSessionsOverLimit);
  shared_.Counter(kPeerLimitedAt) = static_cast<std::uint64_t>(std::time(nullptr));
  const ChannelPort::Peer peer = port_.peer();
  service::LogPeerRefusal(shared_.service, peer.name, peer.principal, refusal);
}

EndCode SessionReport::CountTimeout(const SessionFacts& facts, SessionClock::Why why) {
  const auto [counter, code] = Meaning(why);
  shared_.Count(counter);
  LogTimeout(facts, code, "", OurSide());
  return code;
}

void SessionReport::LogFarTimeout(const SessionFacts& facts, EndCode code) const {
  LogTimeout(facts, code, "by the far side: ", FarSide());
}

void SessionReport::LogTimeout(const SessionFacts& facts, EndCode code, std::string_view by,
                               std::string_view side) const {
  const auto* timeout = std::ranges::find(kTimeouts, code, &Timeout::code);
  if (timeout == std::end(kTimeouts)) return;
  Log(LogLevel::kNotice, "session-timeout",
      "connection reset: " + std::string(by) + std::string(timeout->text) + " for " +
          std::string(timeout->key),
      {{"SERVICE", shared_.service.name.text()},
       {"CLIENT", facts.info.client},
       {"TIME", timeout->key},
       {"SILENT", timeout->both_silent ? "both" : side}});
}

}  // namespace funnel::tcpd
