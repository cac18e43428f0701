// What everything between the engine and the edges shares: the outside, through interfaces, and the
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
  // Tables sets it before anything uses it: the engine's observer is one of the tables.
  sctp::Engine* engine = nullptr;

  // Loaded before the tables are made; they call save_paths when they have changed it.
  PathMemory paths;
  std::function<void()> save_paths = [] {};

  // Something must be done at the end of this turn: frames to send, edges to write to, a timer to
  // set.
  std::function<void()> work = [] {};

  void Count(Counter counter, std::uint64_t more = 1) { counters[counter] += more; }
};

}  // namespace funnel::sctpd
