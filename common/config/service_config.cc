#include "common/config/service_config.h"

#include <algorithm>

namespace funnel::config {

bool ServiceConfig::RelaysFor(std::string_view peer_name) const {
  return std::ranges::find(relay_from, peer_name) != relay_from.end();
}

bool ServiceConfig::Accepts(const Principal& initiator) const {
  return std::any_of(accept.begin(), accept.end(),
                     [&](const PrincipalPattern& pattern) { return pattern.Matches(initiator); });
}

std::uint32_t ServiceConfig::FlowsOfClient() const {
  return max_flows_per_client > 0 ? max_flows_per_client : max_flows;
}

std::uint32_t ServiceConfig::FlowsOfPeer() const {
  return max_flows_per_peer > 0 ? max_flows_per_peer : max_flows;
}

std::string ServiceConfig::ConnectsTo() const {
  if (protocol != Protocol::kSocks) return BackendsText(connect_address);
  if (connect_networks.empty() || connect_ports.empty()) return "nothing";
  std::string out;
  for (const Network& network : connect_networks) out += (out.empty() ? "" : " ") + network.text();
  out += ", ports";
  for (const PortRange& ports : connect_ports) out += ' ' + ports.text();
  return out;
}

}  // namespace funnel::config
