// A table of two counters for tests.
#pragma once

#include "common/metrics/counters.h"

namespace funnel::metrics {

inline constexpr CounterDef kTable[] = {{"frames_sent"}, {"flows", "Flows now.", Kind::kGauge}};

}  // namespace funnel::metrics
