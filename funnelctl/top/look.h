// What two looks at a node, some time apart, show about its rates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "funnelctl/status/status_view.h"

namespace funnel::ctl {

struct Look {
  TimePoint at;
  NodeView view;
};

// Rates are per second; nullopt if there is no earlier figure, or a daemon restarted in between.
using Rate = std::optional<double>;

struct ServiceTraffic {
  std::string name, role, state;
  std::optional<std::uint64_t> sessions;
  Rate bytes_out, bytes_in, frames, dropped;
  std::uint64_t dropped_in_all = 0;
  std::int64_t queued_bytes = 0;  // in funnel-sctpd, for the edge
  std::optional<double> rtt_ms;   // of the association with its peer
};

struct PeerTraffic {
  std::string name, state, carrier, address;
  std::optional<double> rtt_ms;
  Rate bytes_out, bytes_in, retransmitted;
  std::int64_t channels = 0;
};

// In the order of the configuration, peers in that of funnel-sctpd's answer.
[[nodiscard]] std::vector<ServiceTraffic> TrafficOfServices(const Look& before, const Look& now);
[[nodiscard]] std::vector<PeerTraffic> TrafficOfPeers(const Look& before, const Look& now);

}  // namespace funnel::ctl
