// What everything between the engine and the edges shares: the outside, by interfaces, and the
// configuration, time and counters. Part of Tables, which makes the engine last.
#pragma once

#include <functional>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/config/model.h"
#include "funnel-sctpd/counters.h"
#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/interfaces.h"
#include "funnel-sctpd/route/path_memory.h"

namespace funnel::sctpd {

struct SharedState {
  AuthdInterface& authd;
  ResolverInterface& resolver;
  ServiceInterface& services;
  metrics::CounterFile& counters;
  config::Configuration config;
  std::function<TimePoint()> now = Now;
  std::function<double()> random = RandomUnit;
  // Tables sets it, before anything is asked of it: the engine's observer is one of them.
  sctp::Engine* engine = nullptr;

  // Loaded before the tables are made; save_paths is called when they have changed it.
  PathMemory paths;
  std::function<void()> save_paths = [] {};

  // There is something for the end of this turn: frames to send, edges to write to, a timer to set.
  std::function<void()> work = [] {};

  void Count(Counter counter, std::uint64_t more = 1) { counters[counter] += more; }
};

}  // namespace funnel::sctpd
