#include "funnel-sctpd/association/engine_counters.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/base/log.h"
#include "funnel-sctpd/counters.h"

namespace funnel::sctpd {
namespace {

using sctp::EngineCounters;

// In the order of the table (counters.cc).
constexpr auto kOrder = std::to_array<std::uint64_t EngineCounters::*>({
    &EngineCounters::associations_now,
    &EngineCounters::associations_up,
    &EngineCounters::associations_failed,
    &EngineCounters::restarts,
    &EngineCounters::dead_peers,
    &EngineCounters::packets_in,
    &EngineCounters::packets_out,
    &EngineCounters::bytes_in,
    &EngineCounters::bytes_out,
    &EngineCounters::messages_in,
    &EngineCounters::messages_out,
    &EngineCounters::sends_full,
    &EngineCounters::retransmitted_chunks,
    &EngineCounters::copied_chunks,
    &EngineCounters::messages_expired,
    &EngineCounters::packets_malformed,
    &EngineCounters::packets_other_port,
    &EngineCounters::packets_bad_tag,
    &EngineCounters::strangers_limited,
    &EngineCounters::strangers_answered,
    &EngineCounters::peers_moved,
    &EngineCounters::path_failures,
    &EngineCounters::packets_unproven,
    &EngineCounters::output_dropped,
    &EngineCounters::socket_full,
    &EngineCounters::socket_errors,
    &EngineCounters::messages_oversize,
    &EngineCounters::queue_now_bytes,
});
static_assert(kOrder.size() == kEngineCount);

constexpr std::size_t kStrangersLimited =
    kEngineFirst +
    static_cast<std::size_t>(std::ranges::find(kOrder, &EngineCounters::strangers_limited) -
                             kOrder.begin());

// LIMITED of them by now, and so many more than there were BEFORE.
void LogStrangers(std::uint64_t limited, std::uint64_t before) {
  if (limited > before)
    Log(LogLevel::kNotice, "strangers-limited",
        std::to_string(limited - before) +
            " packets of unknown addresses, or parts of their messages, dropped by a limit");
}

}  // namespace

void CopyEngineCounters(const EngineCounters& engine, metrics::CounterFile& out) {
  LogStrangers(engine.strangers_limited, out[kStrangersLimited].value());
  for (std::size_t i = 0; i < kOrder.size(); ++i) out[kEngineFirst + i] = engine.*kOrder[i];
}

}  // namespace funnel::sctpd
