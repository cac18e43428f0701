// funnel-authd's counters ($RUN/counters/funnel-authd). They are a library of their own, because
// funnelctl shows the same table.
#pragma once

#include <span>

#include "common/metrics/counters.h"

namespace funnel::authd {

enum Counter : std::size_t {
  kClients,
  kClientsRejected,
  kRequestsDenied,
  kInitiated,
  kCompleted,
  kAccepted,
  kRefusedByPeer,
  kRefusedByUs,
  kCirclesRefused,
  kHandshakesFailed,
  kHandshakesTimedOut,
  kHandshakesAbandoned,
  kBusy,
  kHandshakesWaiting,
  kRekeys,
  kClaimsIssued,
  kClaimsRedeemed,
  kClaimsExpired,
  kContexts,
  kContextsRevoked,
  kPeersVerified,
  kPeersFailed,
  kPeerFramesDropped,
  kReloads,
  kReloadsFailed,
  kCounterCount,
};

[[nodiscard]] std::span<const metrics::CounterDef> CounterTable();

}  // namespace funnel::authd
