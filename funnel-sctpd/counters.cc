#include "funnel-sctpd/counters.h"

#include <array>

namespace funnel::sctpd {
namespace {

using metrics::Kind;

constexpr std::array kTable = std::to_array<metrics::CounterDef>({
    {"frames_in"},
    {"frames_out"},
    {"bytes_in"},
    {"bytes_out"},
    {"dropped_payload_protocol"},
    {"dropped_unverified"},
    {"dropped_malformed"},
    {"dropped_type"},
    {"dropped_stream"},
    {"dropped_channel"},
    {"dropped_state"},
    {"dropped_peer_frames"},
    {"dropped_edge_malformed"},
    {"dropped_edge_channel"},
    {"dropped_edge_state"},
    {"associations_up", Kind::kGauge},
    {"associations_unverified", Kind::kGauge},
    {"associations_limited"},
    {"connects"},
    {"connects_failed"},
    {"peers_verified"},
    {"peers_failed"},
    {"verify_timeouts"},
    {"associations_replaced"},
    {"associations_lost"},
    {"channels", Kind::kGauge},
    {"links", Kind::kGauge},
    {"half_open", Kind::kGauge},
    {"attached"},
    {"attach_rejected"},
    {"opens_sent"},
    {"opens_received"},
    {"opens_busy"},
    {"opens_wrong_parity"},
    {"refused_by_us"},
    {"refused_by_peer"},
    {"accepted"},
    {"adopt_failed"},
    {"claims_dropped"},
    {"edges_lost"},
    {"closing_timeouts"},
    {"channel_overflows"},
    {"control_overflows"},
    {"send_blocked"},
    {"queued_to_edges_bytes", Kind::kGauge},
    {"authd_connected", Kind::kGauge},
    {"authd_lost"},
    {"sctp_associations", Kind::kGauge},
    {"sctp_associations_up", Kind::kGauge},
    {"sctp_associations_failed", Kind::kGauge},
    {"sctp_restarts", Kind::kGauge},
    {"sctp_dead_peers", Kind::kGauge},
    {"sctp_packets_in", Kind::kGauge},
    {"sctp_packets_out", Kind::kGauge},
    {"sctp_bytes_in", Kind::kGauge},
    {"sctp_bytes_out", Kind::kGauge},
    {"sctp_messages_in", Kind::kGauge},
    {"sctp_messages_out", Kind::kGauge},
    {"sctp_sends_full", Kind::kGauge},
    {"sctp_retransmitted_chunks", Kind::kGauge},
    {"sctp_packets_malformed", Kind::kGauge},
    {"sctp_packets_other_port", Kind::kGauge},
    {"sctp_packets_bad_tag", Kind::kGauge},
    {"sctp_strangers_limited", Kind::kGauge},
    {"sctp_strangers_answered", Kind::kGauge},
    {"sctp_strangers_ignored", Kind::kGauge},
    {"sctp_output_dropped", Kind::kGauge},
    {"sctp_output_split", Kind::kGauge},
    {"sctp_output_oversize", Kind::kGauge},
    {"sctp_socket_full", Kind::kGauge},
    {"sctp_socket_errors", Kind::kGauge},
    {"sctp_queue_bytes", Kind::kGauge},
});
static_assert(kTable.size() == kCounterCount);

}  // namespace

std::span<const metrics::CounterDef> CounterTable() { return kTable; }

void CopyEngineCounters(const sctp::EngineCounters& e, metrics::CounterFile& out) {
  const std::uint64_t values[] = {e.associations_now,
                                  e.associations_up,
                                  e.associations_failed,
                                  e.restarts,
                                  e.dead_peers,
                                  e.packets_in,
                                  e.packets_out,
                                  e.bytes_in,
                                  e.bytes_out,
                                  e.messages_in,
                                  e.messages_out,
                                  e.sends_full,
                                  e.retransmitted_chunks,
                                  e.packets_malformed,
                                  e.packets_other_port,
                                  e.packets_bad_tag,
                                  e.strangers_limited,
                                  e.strangers_answered,
                                  e.strangers_ignored,
                                  e.output_dropped,
                                  e.output_split,
                                  e.output_oversize,
                                  e.socket_full,
                                  e.socket_errors,
                                  e.queue_now_bytes};
  static_assert(std::size(values) == kEngineCount);
  for (std::size_t i = 0; i < kEngineCount; ++i) out[kEngineFirst + i] = values[i];
}

}  // namespace funnel::sctpd
