// funnel-authd's counters ($RUN/counters/funnel-authd).
#pragma once

#include <span>

#include "common/metrics/counters.h"

namespace funnel::authd {

enum Counter : std::size_t {
  kClients,              // connections to authd.sock
  kClientsRejected,      // too many
  kRequestsDenied,       // the asker may not ask that
  kInitiated,            // handshakes begun as initiator
  kCompleted,            // and ended with a context
  kAccepted,             // as acceptor
  kRefusedByPeer,        // a peer said no
  kRefusedByUs,          // we said no
  kHandshakesFailed,     // keytab, ticket, KDC, clock, altered tokens
  kHandshakesTimedOut,   // the asker got no answer in time
  kHandshakesAbandoned,  // begun, and never completed
  kBusy,                 // a queue or table was full
  kHandshakesWaiting,    // for a thread
  kRekeys,               // contexts that followed another one
  kClaimsIssued,         //
  kClaimsRedeemed,       //
  kClaimsExpired,        // nobody came for it
  kContexts,             // that edges hold
  kContextsRevoked,      // by a reload
  kPeersVerified,        // @peer channels that came up
  kPeersFailed,          //
  kPeerFramesDropped,    // frames of @peer that fit no handshake
  kReloads,              //
  kReloadsFailed,        // a broken configuration; the one before stays in force
  kCounterCount,
};

[[nodiscard]] std::span<const metrics::CounterDef> CounterTable();

}  // namespace funnel::authd
