// What the configuration says, checked and complete: plain structs that every daemon works with.
// The initialisers in node_config.h, sctp_config.h, peer_config.h and service_config.h ARE the
// defaults, also those that the engine's tests use; keys.h has one row for each key and points at
// these members. Times are milliseconds; 0 means off only where the comment says so.
#pragma once

#include <string_view>
#include <vector>

#include "common/config/node_config.h"
#include "common/config/origin.h"
#include "common/config/peer_config.h"
#include "common/config/service_config.h"

namespace funnel::config {

// Both lists are sorted by name.
struct Configuration {
  NodeConfig node;
  std::vector<PeerConfig> peers;
  std::vector<ServiceConfig> services;
  std::vector<Mistake> retired;  // what the files still have of earlier versions (keys/retired.h)

  [[nodiscard]] const PeerConfig* FindPeer(std::string_view name) const;
  [[nodiscard]] const PeerConfig* FindPeerByNode(std::string_view node) const;
  [[nodiscard]] const ServiceConfig* FindService(std::string_view name) const;
  // The connect-side service that a peer's OPEN names.
  [[nodiscard]] const ServiceConfig* FindByWireName(std::string_view wire_name) const;
};

}  // namespace funnel::config
