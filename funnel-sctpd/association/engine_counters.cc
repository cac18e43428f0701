#include "funnel-sctpd/association/engine_counters.h"

#include <algorithm>
#include <string>

#include "common/base/log.h"
#include "funnel-sctpd/counters.h"

namespace funnel::sctpd {
namespace {

std::size_t IndexOf(std::string_view name) {
  const auto table = CounterTable();
  const auto found = std::ranges::find(table, name, &metrics::CounterDef::name);
  return static_cast<std::size_t>(found - table.begin());
}

// LIMITED of them by now, and so many more than OUT says.
void LogStrangers(std::uint64_t limited, metrics::CounterFile& out) {
  static const std::size_t index = IndexOf("sctp_strangers_limited");
  const std::uint64_t before = out[index].value();
  if (limited > before)
    Log(LogLevel::kNotice, "strangers-limited",
        std::to_string(limited - before) +
            " packets of unknown addresses, or parts of their messages, dropped by a limit");
}

}  // namespace

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
  LogStrangers(e.strangers_limited, out);
  for (std::size_t i = 0; i < kEngineCount; ++i) out[kEngineFirst + i] = values[i];
}

}  // namespace funnel::sctpd
