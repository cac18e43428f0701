#include "common/config/model.h"

#include "common/config/names.h"

namespace funnel::config {

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

}  // namespace funnel::config
