// What all objects of one funnel-tcpd use.
#pragma once

#include <memory>

#include "common/base/unique_fd.h"
#include "common/config/model.h"
#include "common/event/descriptors.h"
#include "common/event/loop.h"
#include "common/metrics/counters.h"
#include "common/module/service_module.h"
#include "common/service/access_log.h"
#include "common/service/client_limits.h"
#include "common/wire/frame/types.h"
#include "funnel-tcpd/counters.h"
#include "funnel-tcpd/session_limit.h"

namespace funnel::tcpd {

// An accepted connection that is no session yet.
struct Connection {
  UniqueFd fd;
  wire::SessionInfo info;
  SessionLimit::Slot slot;
};

struct SharedState {
  event::Loop& loop;
  event::EpollSet& sockets;
  metrics::CounterFile& counters;
  std::size_t first_counter;      // of ours in `counters`
  config::ServiceConfig service;  // replaced on reload
  SessionLimit limit;
  bool draining = false;  // no new sessions
  service::ClientLimits clients = {};
  service::AccessLog access_log = service::AccessLog();
  // What the service's module makes of its connections; null: it has none, or it is not there.
  std::unique_ptr<module::ServiceModule> module = nullptr;
  bool told_mismatch = false;  // that a connection is not of its protocol

  [[nodiscard]] metrics::Counter Counter(CounterIndex index) {
    return counters[first_counter + index];
  }
  void Count(CounterIndex index, std::uint64_t by = 1) { Counter(index) += by; }
};

}  // namespace funnel::tcpd
