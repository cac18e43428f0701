#include "common/config/model.h"

#include <algorithm>

#include "common/config/names.h"

namespace funnel::config {

std::string Mistake::Print() const {
  std::string place = line == 0 ? file : file + ':' + std::to_string(line);
  return place + ": " + text;
}

Origin FindOrigin(const Origins& origins, std::string_view section, std::string_view key) {
  auto found = origins.find(std::string(section) + '.' + std::string(key));
  if (found == origins.end()) found = origins.find(section);
  if (found == origins.end()) found = origins.find("");
  return found == origins.end() || found->second.empty() ? Origin{} : found->second.front();
}

Origin FindOrigin(const Origins& origins, std::string_view section, std::string_view key,
                  std::size_t i) {
  const auto found = origins.find(std::string(section) + '.' + std::string(key));
  if (found == origins.end() || found->second.empty()) return FindOrigin(origins, section, key);
  return found->second[std::min(i, found->second.size() - 1)];
}

bool ServiceConfig::RelaysFor(std::string_view peer_name) const {
  return std::ranges::find(relay_from, peer_name) != relay_from.end();
}

bool ServiceConfig::Accepts(const Principal& initiator) const {
  return std::any_of(accept.begin(), accept.end(),
                     [&](const PrincipalPattern& pattern) { return pattern.Matches(initiator); });
}

const PeerConfig* Configuration::FindPeer(std::string_view name) const {
  for (const PeerConfig& peer : peers) {
    if (peer.name == name) return &peer;
  }
  return nullptr;
}

const PeerConfig* Configuration::FindPeerByNode(std::string_view node_name) const {
  for (const PeerConfig& peer : peers) {
    if (SameNode(peer.node, node_name)) return &peer;
  }
  return nullptr;
}

const ServiceConfig* Configuration::FindService(std::string_view name) const {
  for (const ServiceConfig& service : services) {
    if (service.name.text() == name) return &service;
  }
  return nullptr;
}

const ServiceConfig* Configuration::FindByWireName(std::string_view wire_name) const {
  for (const ServiceConfig& service : services) {
    if (service.role == Role::kConnect && service.wire_name == wire_name) return &service;
  }
  return nullptr;
}

std::uint32_t ServiceConfig::FlowsOfClient() const {
  return max_flows_per_client > 0 ? max_flows_per_client : max_flows;
}

std::uint32_t ServiceConfig::FlowsOfPeer() const {
  return max_flows_per_peer > 0 ? max_flows_per_peer : max_flows;
}

}  // namespace funnel::config
