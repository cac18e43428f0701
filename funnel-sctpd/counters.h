// What funnel-sctpd counts: the table of $RUN/counters/funnel-sctpd.
#pragma once

#include "common/metrics/counters.h"
#include "funnel-sctpd/engine/engine.h"

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
  kPeersVerified,
  kPeersFailed,
  kVerifyTimeouts,
  kAssociationsReplaced,
  kAssociationsLost,
  // Channels.
  kChannels,
  kLinks,
  kHalfOpen,
  kAttached,
  kAttachRejected,
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
  // authd.
  kAuthdConnected,
  kAuthdLost,
  // The engine's own, copied now and then.
  kEngineFirst,
  kEngineCount = 25,
  kCounterCount = kEngineFirst + kEngineCount,
};

[[nodiscard]] std::span<const metrics::CounterDef> CounterTable();
void CopyEngineCounters(const sctp::EngineCounters& engine, metrics::CounterFile& out);

}  // namespace funnel::sctpd
