// What all objects of one funnel-udpd use.
#pragma once

#include <memory>
#include <string>

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
#include "funnel-udpd/counters.h"
#include "funnel-udpd/held_datagrams.h"
#include "funnel-udpd/receive_batch.h"

namespace funnel::udpd {

struct SharedState {
  event::Loop& loop;
  event::EpollSet& sockets;
  metrics::CounterFile& counters;
  config::ServiceConfig service;       // replaced on reload
  ReceiveBatch batch;                  // one for all sockets
  HeldBytes held = {};                 // of the datagrams that all flows hold
  bool draining = false;               // no new flows
  service::ClientLimits clients = {};  // of the listening side
  service::RateLimits peers = {};      // of the connecting side, by principal and PeerRates()
  service::AccessLog access_log = service::AccessLog();
  // The service's module; null: it has none, or the module is missing.
  std::unique_ptr<module::ServiceModule> module = nullptr;
  bool mismatch_reported = false;      // that a datagram is not of its protocol
  bool other_port_reported = false;    // that a backend answers from another port than was asked
  service::BackendPool backends = {};  // BackendChooser configures it
  net::SourcePorts source_ports = {};  // for flows to them

  [[nodiscard]] service::BackendReports backend_reports() {
    return {backends, service, counters, Gauge(kBackendsDown), Gauge(kBackendsWentDown)};
  }
  void Count(CounterIndex index, std::uint64_t by = 1) {
    counters[std::size_t{service::kCommonCounters} + index] += by;
  }
  // The DSCP of what is sent here, if that came to the far side with CAME. Counts it.
  [[nodiscard]] std::uint8_t MarkFor(std::uint8_t came) {
    const std::uint8_t dscp = service.dscp.copy ? came : service.dscp.value;
    if (dscp != 0) Count(kDatagramsMarked);
    return dscp;
  }
  // "": there is none.
  [[nodiscard]] std::string ModuleName() const { return module ? module->module().name : ""; }
  [[nodiscard]] metrics::Counter Gauge(CounterIndex index) {
    return counters[std::size_t{service::kCommonCounters} + index];
  }
};

}  // namespace funnel::udpd
