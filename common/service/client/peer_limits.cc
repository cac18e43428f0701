#include "common/service/client/peer_limits.h"

#include "common/base/log.h"

namespace funnel::service {
namespace {

// The key that sets LIMIT.
std::string_view KeyForPeers(RateLimits::Limit limit) {
  switch (limit) {
    case RateLimits::Limit::kNetwork:
      break;  // a peer has none
    case RateLimits::Limit::kNew:
      return "peer-new-rate";
    case RateLimits::Limit::kSessions:
      return "max-sessions-per-peer";
    case RateLimits::Limit::kDatagrams:
      return "peer-datagram-rate";
    case RateLimits::Limit::kBytes:
      return "peer-byte-rate";
  }
  return "";
}

}  // namespace

void LogPeerRefusal(const config::ServiceConfig& service, const std::string& peer,
                    const std::string& principal, const RateLimits::Refusal& refusal) {
  if (!refusal.report) return;
  const bool waits =
      refusal.limit == RateLimits::Limit::kBytes && service.protocol == config::Protocol::kTcp;
  Log(LogLevel::kWarning, "peer-limited",
      peer + (waits ? " has to wait: " : " is turned away: ") +
          std::string(KeyForPeers(refusal.limit)),
      {{"SERVICE", service.name.text()},
       {"PEER", peer},
       {"PRINCIPAL", principal},
       {"LIMIT", KeyForPeers(refusal.limit)}});
}

}  // namespace funnel::service
