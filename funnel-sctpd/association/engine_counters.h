// Copies the engine's figures into $RUN/counters/funnel-sctpd, and logs what a limit dropped.
#pragma once

#include "common/metrics/counters.h"
#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctpd {

// Call it from time to time; OUT has the table of counters.h.
void CopyEngineCounters(const sctp::EngineCounters& engine, metrics::CounterFile& out);

}  // namespace funnel::sctpd
