// The engine's figures as a part of $RUN/counters/funnel-sctpd.
#pragma once

#include "common/metrics/counters.h"
#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctpd {

// To be called now and then; OUT has the table of counters.h.
void CopyEngineCounters(const sctp::EngineCounters& engine, metrics::CounterFile& out);

}  // namespace funnel::sctpd
