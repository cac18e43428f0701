// What funnel-sctpd counts: the table of $RUN/counters/funnel-sctpd. It is a library of its own,
// because funnelctl shows the same table.
#pragma once

#include <span>

#include "common/metrics/counters.h"

namespace funnel::sctpd {

enum Counter : std::size_t {
  kFramesIn,
  kFramesOut,
  kBytesIn,
  kBytesOut,
  // Frames of peers that were dropped, by reason.
  kDropPayloadProtocol,
  kDropUnverified,
  kDropMalformed,
  kDropType,
  kDropStream,
  kDropChannel,
  kDropState,
  kDropPeerFrame,
  // Frames of edges that were dropped, by reason.
  kDropEdgeMalformed,
  kDropEdgeChannel,
  kDropEdgeState,
  // Associations.
  kAssociationsUp,
  kAssociationsUnverified,
  kAssociationsLimited,
  kConnects,
  kConnectsFailed,
  kFallbacks,
  kAttemptsWithdrawn,
  kReturnsTried,
  kPeersVerified,
  kPeersFailed,
  kVerifyTimeouts,
  kAssociationsReplaced,
  kAssociationsSwitched,
  kAssociationsLost,
  // Channels.
  kChannels,
  kLinks,
  kHalfOpen,
  kAttached,
  kAttachRejected,
  kCommandsDenied,
  kTraceLinesLost,  // [control] trace-queue
  kOpensSent,
  kOpensReceived,
  kOpensBusy,
  kOpensWrongParity,
  kRefusedByUs,
  kRefusedByPeer,
  kAccepted,
  kAdoptFailed,
  kClaimsDropped,
  kEdgesLost,
  kClosingTimeouts,
  kChannelOverflows,
  kControlOverflows,
  kSendBlocked,
  kQueuedToEdgesBytes,
  // Relayed channels.
  kRelaysOpened,
  kRelaysRefused,
  kRelayLoops,
  kRelayFramesExpired,
  kRelayFramesDisplaced,
  kRelayQueuedBytes,
  // authd.
  kAuthdConnected,
  kAuthdLost,
  // The engine's own (engine_counters.h).
  kEngineFirst,
  kEngineCount = 28,
  kCounterCount = kEngineFirst + kEngineCount,
};

[[nodiscard]] std::span<const metrics::CounterDef> CounterTable();

}  // namespace funnel::sctpd
