// What funnel-udpd counts ($RUN/counters/funnel-udpd@SERVICE), after the counters of all edges.
#pragma once

#include "common/metrics/counters.h"

namespace funnel::udpd {

enum CounterIndex : std::size_t {
  kFlows,
  kFlowsTotal,
  kFlowsOverLimit,
  kFlowsExpired,
  kFlowsAnnouncedAgain,
  kDatagramsIn,
  kDatagramsOut,
  kWaitingDropped,
  kResendsSuppressed,
  kReceiveErrors,
  kSendErrors,
  kSendBlocked,
  kBackendRefused,
  kConnectFailed,
  kFlowsDrained,
  kAnswersFromElsewhere,
  kBackendFailingSince,
  kClientsTurnedAway,
  kClientNewsOverRate,
  kClientDatagramsOverRate,
  kClientBytesOverRate,
  kClientsForgotten,
  kClientLimitedAt,
  kAccessLinesLost,
  kCounterCount,
};

inline constexpr metrics::CounterDef kCounters[kCounterCount] = {
    {"flows", "Flows now.", metrics::Kind::kGauge},
    {"flows_total", "Flows begun."},
    {"flows_over_limit", "Flows ended to make room for new ones: max-flows, or a share of it."},
    {"flows_expired", "Flows ended: silent for idle-timeout, or answered-timeout."},
    {"flows_announced_again", "Flows taken over by a new channel."},
    {"datagrams_in", "Datagrams from clients or backends."},
    {"datagrams_out", "Datagrams to clients or backends."},
    {"waiting_dropped",
     "Datagrams dropped that waited for a channel or the backend's address: too many, too large "
     "together, or too late."},
    {"resends_suppressed", "Identical resends of a client dropped: suppress-resends."},
    {"receive_errors", "Errors while receiving from clients or backends."},
    {"send_errors", "Errors while sending to clients or backends."},
    {"send_blocked", "Datagrams dropped: the socket's buffer was full."},
    {"backend_refused", "Datagrams that nobody listened for at the backend (ICMP)."},
    {"connect_failed", "Flows ended: the backend has no address, or each refuses."},
    {"flows_drained", "Datagrams or sessions turned away: the service is drained here or there."},
    {"answers_from_elsewhere",
     "Datagrams dropped: from another address or port than the backend was asked at."},
    {"backend_failing_since",
     "Unix time since which the backend refuses what is sent; 0: it does not.",
     metrics::Kind::kGauge},
    {"clients_turned_away", "Datagrams dropped: client-allow does not have the client."},
    {"client_news_over_rate", "Datagrams dropped that would begin a flow: client-new-rate."},
    {"client_datagrams_over_rate", "Datagrams dropped: client-datagram-rate."},
    {"client_bytes_over_rate", "Datagrams dropped: client-byte-rate."},
    {"clients_forgotten", "Clients whose rates begin anew: client-table was full."},
    {"client_limited_at", "Unix time when a client was turned away last; 0: never since the start.",
     metrics::Kind::kGauge},
    {"access_lines_lost", "Lines of access-log that the journal did not take at once."},
};

}  // namespace funnel::udpd
