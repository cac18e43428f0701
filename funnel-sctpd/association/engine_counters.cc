#include "funnel-sctpd/association/engine_counters.h"

#include "funnel-sctpd/counters.h"

namespace funnel::sctpd {

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
                                  e.copied_chunks,
                                  e.messages_expired,
                                  e.packets_malformed,
                                  e.packets_other_port,
                                  e.packets_bad_tag,
                                  e.strangers_limited,
                                  e.strangers_answered,
                                  e.peers_moved,
                                  e.path_failures,
                                  e.packets_unproven,
                                  e.output_dropped,
                                  e.socket_full,
                                  e.socket_errors,
                                  e.messages_oversize,
                                  e.queue_now_bytes};

  static_assert(std::size(values) == kEngineCount);
  for (std::size_t i = 0; i < kEngineCount; ++i) out[kEngineFirst + i] = values[i];
}

}  // namespace funnel::sctpd
