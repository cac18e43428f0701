#include "funnel-authd/counters.h"

namespace funnel::authd {
namespace {

using metrics::Kind;

constexpr metrics::CounterDef kTable[] = {
    {"clients", Kind::kGauge},
    {"clients_rejected"},
    {"requests_denied"},
    {"handshakes_initiated"},
    {"handshakes_completed"},
    {"handshakes_accepted"},
    {"refused_by_peer"},
    {"refused_by_us"},
    {"handshakes_failed"},
    {"handshakes_timed_out"},
    {"handshakes_abandoned"},
    {"busy"},
    {"handshakes_waiting", Kind::kGauge},
    {"rekeys"},
    {"claims_issued"},
    {"claims_redeemed"},
    {"claims_expired"},
    {"contexts", Kind::kGauge},
    {"contexts_revoked"},
    {"peers_verified"},
    {"peers_failed"},
    {"peer_frames_dropped"},
    {"reloads"},
    {"reloads_failed"},
};
static_assert(std::size(kTable) == kCounterCount);

}  // namespace

std::span<const metrics::CounterDef> CounterTable() { return kTable; }

}  // namespace funnel::authd
