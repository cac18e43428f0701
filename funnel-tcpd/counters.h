// What funnel-tcpd counts ($RUN/counters/funnel-tcpd@SERVICE).
#pragma once

#include "common/metrics/counters.h"

namespace funnel::tcpd {

enum CounterIndex : std::size_t {
  kSessions,
  kSessionsWaiting,
  kSessionsTotal,
  kSessionsOverLimit,
  kSessionsWaitExpired,
  kSessionsNoNumber,
  kAcceptErrors,
  kAcceptShed,
  kConnectFailed,
  kConnectTimeouts,
  kClientsNotAllowed,
  kResetsSent,
  kResetsReceived,
  kBytesToChannel,
  kBytesFromChannel,
  kOutputBlocked,
  kInternalErrors,
  kCounterCount,
};

inline constexpr metrics::CounterDef kCounters[kCounterCount] = {
    {"sessions", metrics::Kind::kGauge},          // connections that are part of a channel
    {"sessions_waiting", metrics::Kind::kGauge},  // accepted; their channel is not up yet
    {"sessions_total"},
    {"sessions_over_limit"},    // reset at once: max-sessions
    {"sessions_wait_expired"},  // reset: no channel within connect-wait
    {"sessions_no_number"},     // had to wait: the peer takes no further session yet
    {"accept_errors"},
    {"accept_shed"},  // reset at once: no descriptor free
    {"connect_failed"},
    {"connect_timeouts"},
    {"clients_not_allowed"},  // reset: client-networks
    {"resets_sent"},          // to the far side: the connection here was reset or failed
    {"resets_received"},      // by the far side or the end of a channel
    {"bytes_to_channel"},
    {"bytes_from_channel"},
    {"output_blocked"},   // a socket took less than offered: a slow reader
    {"internal_errors"},  // a session reset because of a mistake of ours
};

}  // namespace funnel::tcpd
