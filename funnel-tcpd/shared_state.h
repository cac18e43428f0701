// What all objects of one funnel-tcpd use.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/config/service_config.h"
#include "common/event/descriptors.h"
#include "common/event/loop.h"
#include "common/metrics/counters.h"
#include "common/module/service_module.h"
#include "common/net/source_ports.h"
#include "common/service/backend/backend_reports.h"
#include "common/service/client/access_log.h"
#include "common/service/client/client_limits.h"
#include "common/service/client/rate_limits.h"
#include "common/service/counters.h"
#include "common/wire/frame/types.h"
#include "funnel-tcpd/counters.h"
#include "funnel-tcpd/session_limit.h"
#include "funnel-tcpd/throttle.h"

namespace funnel::tcpd {

// An accepted connection that is not a session yet; or the first flow of a command.
struct Connection {
  UniqueFd fd;
  wire::SessionInfo info;
  SessionLimit::Slot slot;
  SocketAddress client;
  std::vector<Connection> more;  // the command's other flows: of one channel, or of none
  // It came to a forward's port (forwards.h): its target is known, and its client speaks no SOCKS.
  bool forwarded = false;
};

struct SharedState {
  event::Loop& loop;
  event::EpollSet& sockets;
  metrics::CounterFile& counters;
  config::ServiceConfig service;  // replaced on reload
  SessionLimit limit;
  bool draining = false;               // no new sessions
  service::ClientLimits clients = {};  // of the listening side
  service::RateLimits peers = {};      // of the connecting side, by principal and PeerRates()
  service::AccessLog access_log = service::AccessLog();
  service::BackendPool backends = {};  // Dialer configures it
  net::SourcePorts source_ports = {};  // for connections to them
  // The service's module; null: it has none, or the module is missing.
  std::unique_ptr<module::ServiceModule> module = nullptr;
  // Of those that send towards the backend: clients of ours, or peers.
  std::unique_ptr<Throttle> throttle = nullptr;
  bool mismatch_reported = false;  // a connection that does not follow its protocol was reported
  std::string exec_socket = {};    // connecting side: funnel-exec's, for commands

  [[nodiscard]] metrics::Counter Counter(CounterIndex index) {
    return counters[std::size_t{service::kCommonCounters} + index];
  }
  [[nodiscard]] service::BackendReports backend_reports() {
    return {backends, service, counters, Counter(kBackendsDown), Counter(kBackendsWentDown)};
  }
  void Count(CounterIndex index, std::uint64_t by = 1) { Counter(index) += by; }
};

}  // namespace funnel::tcpd
