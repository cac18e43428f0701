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
  kSessionsDrained,
  kBackendFailingSince,
  kModuleFallbacks,
  kModuleResets,
  kSessionsIdle,
  kSessionsHalfClosed,
  kSessionsUnacknowledged,
  kCounterCount,
};

inline constexpr metrics::CounterDef kCounters[kCounterCount] = {
    {"sessions", "Connections that are part of a channel.", metrics::Kind::kGauge},
    {"sessions_waiting", "Connections accepted whose channel is not up yet.",
     metrics::Kind::kGauge},
    {"sessions_total", "Connections begun."},
    {"sessions_over_limit", "Connections reset at once: max-sessions."},
    {"sessions_wait_expired", "Connections reset: no channel within connect-wait."},
    {"sessions_no_number", "Connections that had to wait: the peer took no further session yet."},
    {"accept_errors", "Errors while accepting connections."},
    {"accept_shed", "Connections reset at once: no descriptor was free."},
    {"connect_failed", "Connections to the backend that failed."},
    {"connect_timeouts", "Connections to the backend that took longer than connect-timeout."},
    {"clients_not_allowed", "Connections reset: client-networks does not allow the client."},
    {"resets_sent", "Resets sent to the far side: the connection here was reset or failed."},
    {"resets_received", "Resets by the far side or by the end of a channel."},
    {"bytes_to_channel", "Bytes from connections into channels."},
    {"bytes_from_channel", "Bytes from channels to connections."},
    {"output_blocked", "Times that a socket took less than offered: a slow reader."},
    {"internal_errors", "Connections reset because of a mistake of ours."},
    {"sessions_drained", "Connections reset at once: the service is drained here or there."},
    {"backend_failing_since",
     "Unix time since which the backend takes no connection; 0: the last one was taken.",
     metrics::Kind::kGauge},
    {"module_fallbacks", "Connections that are not of their module's protocol: bytes in order."},
    {"module_resets", "Connections reset because of that: module-strict."},
    {"sessions_idle", "Connections reset because no byte went either way for idle-timeout."},
    {"sessions_half_closed",
     "Connections reset because one direction had ended and the other was silent for fin-timeout."},
    {"sessions_unacknowledged",
     "Connections reset because client or backend acknowledged nothing for user-timeout."},
};

}  // namespace funnel::tcpd
