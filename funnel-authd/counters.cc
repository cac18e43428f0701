#include "funnel-authd/counters.h"

namespace funnel::authd {
namespace {

using metrics::Kind;

constexpr metrics::CounterDef kTable[] = {
    {"clients", "Connections to authd.sock.", Kind::kGauge},
    {"clients_rejected", "Connections turned away: too many."},
    {"requests_denied", "Requests denied: the asker may not ask that."},
    {"handshakes_initiated", "Handshakes begun as initiator."},
    {"handshakes_completed", "Handshakes as initiator that ended with a context."},
    {"handshakes_accepted", "Handshakes as acceptor that ended with a context."},
    {"refused_by_peer", "Handshakes that a peer refused."},
    {"refused_here", "Handshakes that we refused."},
    {"circles_refused", "Handshakes that we refused because the service would run in a circle."},
    {"handshakes_failed", "Handshakes that failed: keytab, ticket, KDC, clock, altered tokens."},
    {"handshakes_timed_out", "Handshakes that were not answered in time."},
    {"handshakes_abandoned", "Handshakes begun and never completed."},
    {"busy", "Requests answered with busy: a queue or table was full."},
    {"handshakes_waiting", "Handshakes that wait for a thread.", Kind::kGauge},
    {"rekeys", "Contexts that followed another one."},
    {"claims_issued", "Claims issued to accepted channels."},
    {"claims_redeemed", "Claims that an edge redeemed."},
    {"claims_expired", "Claims that nobody redeemed in time."},
    {"contexts", "Security contexts that edges hold.", Kind::kGauge},
    {"contexts_revoked", "Contexts revoked by a reload."},
    {"peers_verified", "Peers that proved who they are."},
    {"peers_failed", "Peers that could not prove who they are."},
    {"peer_frames_dropped", "Frames of @peer that fit no handshake."},
    {"reloads", "Reloads of the configuration."},
    {"reloads_failed", "Reloads that failed: the configuration before stays in force."},
};
static_assert(std::size(kTable) == kCounterCount);

}  // namespace

std::span<const metrics::CounterDef> CounterTable() { return kTable; }

}  // namespace funnel::authd
