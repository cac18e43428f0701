// What funnel-udpd counts ($RUN/counters/funnel-udpd@SERVICE), behind the counters of all edges.
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
  kCounterCount,
};

inline constexpr metrics::CounterDef kCounters[kCounterCount] = {
    {"flows", metrics::Kind::kGauge},
    {"flows_total"},
    {"flows_over_limit"},       // datagrams or sessions turned away: max-flows
    {"flows_expired"},          // silent for idle-timeout
    {"flows_announced_again"},  // taken over by a new channel
    {"datagrams_in"},           // from clients or backends
    {"datagrams_out"},          // to them
    {"waiting_dropped"},        // waited for a channel: queue-datagrams or connect-wait was over
    {"resends_suppressed"},
    {"receive_errors"},
    {"send_errors"},
    {"send_blocked"},     // dropped: the socket's buffer was full
    {"backend_refused"},  // ICMP: nobody listens there
    {"connect_failed"},   // no socket or no address for a backend
};

}  // namespace funnel::udpd
