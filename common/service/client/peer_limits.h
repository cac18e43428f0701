// What one peer of a connecting service may ask for: how many connections at once
// (max-sessions-per-peer), and how much a second (peer-new-rate, peer-datagram-rate,
// peer-byte-rate). A peer is the principal that it showed, whichever of its channels it uses.
// max-flows-per-peer belongs to what decides which flow ends (flow_ranks.h).
//
// Thread: the loop's.
#pragma once

#include <string>

#include "common/config/service_config.h"
#include "common/service/client/rate_limits.h"

namespace funnel::service {

[[nodiscard]] inline RateLimits::Rates PeerRates(const config::ServiceConfig& service) {
  return {.news = service.peer_new_rate,
          .datagrams = service.peer_datagram_rate,
          .bytes = service.peer_byte_rate_bytes,
          .table = service.rate_table};
}

// Logs REFUSAL of what PRINCIPAL, the node PEER, asked for, if a line is due.
void LogPeerRefusal(const config::ServiceConfig& service, const std::string& peer,
                    const std::string& principal, const RateLimits::Refusal& refusal);

}  // namespace funnel::service
