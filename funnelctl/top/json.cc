#include "funnelctl/top/json.h"

namespace funnel::ctl {
namespace {

Json PeersAsJson(const Look& before, const Look& now) {
  Json out = Json::array();
  for (const PeerTraffic& peer : TrafficOfPeers(before, now)) {
    out.push_back({{"peer", peer.name},
                   {"state", TextOrNull(peer.state)},
                   {"carrier", TextOrNull(peer.carrier)},
                   {"address", TextOrNull(peer.address)},
                   {"rtt_ms", OrNull(peer.rtt_ms)},
                   {"bytes_out_per_s", OrNull(peer.bytes_out)},
                   {"bytes_in_per_s", OrNull(peer.bytes_in)},
                   {"retransmitted_per_s", OrNull(peer.retransmitted)},
                   {"channels", peer.channels}});
  }

  return out;
}

Json ServicesAsJson(const Look& before, const Look& now) {
  Json out = Json::array();
  for (const ServiceTraffic& service : TrafficOfServices(before, now)) {
    out.push_back({{"service", service.name},
                   {"role", service.role},
                   {"state", service.state},
                   {"sessions", OrNull(service.sessions)},
                   {"bytes_out_per_s", OrNull(service.bytes_out)},
                   {"bytes_in_per_s", OrNull(service.bytes_in)},
                   {"frames_per_s", OrNull(service.frames)},
                   {"dropped_per_s", OrNull(service.dropped)},
                   {"dropped_total", service.dropped_in_all},
                   {"queued_bytes", service.queued_bytes},
                   {"rtt_ms", OrNull(service.rtt_ms)}});
  }

  return out;
}

}  // namespace

Json TrafficAsJson(const Look& before, const Look& now) {
  const auto interval = std::chrono::round<std::chrono::milliseconds>(now.at - before.at);
  return {{"node", TextOrNull(now.view.node_name())}, {"when", now.view.now},
          {"interval_ms", interval.count()},          {"problems", FindProblems(now.view)},
          {"peers", PeersAsJson(before, now)},        {"services", ServicesAsJson(before, now)}};
}

}  // namespace funnel::ctl
