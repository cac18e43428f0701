// References between files: peers, nodes, wire names, users.
#include <map>
#include <tuple>

#include "common/config/check/check.h"
#include "common/config/names.h"

namespace funnel::config {
namespace {

void CheckNodes(const Configuration& configuration, std::vector<Mistake>& mistakes) {
  std::map<std::string, const PeerConfig*> nodes;
  for (const PeerConfig& peer : configuration.peers) {
    if (peer.node.empty()) continue;
    auto [first, fresh] = nodes.emplace(NodeKey(peer.node), &peer);
    if (fresh) continue;
    Report(peer.origins, "peer", "node",
           "node: " + peer.node + " is already peer " + first->second->name + " (" +
               PrintOrigin(FindOrigin(first->second->origins, "peer", "node")) + ")",
           mistakes);
  }
}

void CheckPeerExists(const Configuration& configuration, const ServiceConfig& service,
                     std::string_view section, std::string_view key, const std::string& peer,
                     std::vector<Mistake>& mistakes) {
  if (peer.empty() || configuration.FindPeer(peer) != nullptr) return;
  Report(service.origins, section, key,
         std::string(key) + ": unknown peer " + peer + " (there is no peers.d/" + peer + ".ini)",
         mistakes);
}

// An OPEN names a service by its wire name, so no two of ours may have the same.
void CheckWireNames(const Configuration& configuration, std::vector<Mistake>& mistakes) {
  std::map<std::string, const ServiceConfig*> offered;
  for (const ServiceConfig& service : configuration.services) {
    if (service.role != Role::kConnect) continue;
    auto [first, fresh] = offered.emplace(service.wire_name, &service);
    if (fresh) continue;
    Report(service.origins, "service", "wire-name",
           "wire-name: " + service.wire_name + " is already service " + first->second->name.text() +
               " (" + PrintOrigin(FindOrigin(first->second->origins, "service", "wire-name")) + ")",
           mistakes);
  }
}

// Its association is made when somebody needs it, and nobody could.
void CheckAcceptWhen(const ServiceConfig& service, const PeerConfig& peer,
                     std::vector<Mistake>& mistakes) {
  if (service.accept_when != AcceptWhen::kUp || peer.when != When::kOnDemand) return;
  Report(service.origins, "service", "accept-when",
         "accept-when: up waits for a channel, which peer " + peer.name +
             " gets only when a client comes: it is on-demand (" +
             PrintOrigin(FindOrigin(peer.origins, "peer", "when")) + ")",
         mistakes);
}

// No OPEN may fit two relays.
void CheckRelays(const Configuration& configuration, std::vector<Mistake>& mistakes) {
  std::map<std::tuple<std::string, std::string, std::string>, const ServiceConfig*> routes;
  for (const ServiceConfig& service : configuration.services) {
    if (service.role != Role::kRelay) continue;
    for (const std::string& from : service.relay_from) {
      auto [first, fresh] =
          routes.emplace(std::tuple(service.wire_name, NodeKey(service.target), from), &service);
      if (fresh || first->second == &service) continue;
      Report(service.origins, "relay", "from",
             "from: " + from + " has " + service.wire_name + " relayed by service " +
                 first->second->name.text() + " already (" +
                 PrintOrigin(FindOrigin(first->second->origins, "relay", "from")) + ")",
             mistakes);
    }
  }
}

// Which other program or user EDGE_USER belongs to. An edge must not run as that user: it could get
// what only that one may have. Empty: EDGE_USER may be an edge's.
std::string WhoseUser(const NodeConfig& node, const std::string& edge_user) {
  const std::string key = UserKey(edge_user);
  if (key == "root" || key == "0") return "root, who may do everything";
  if (key == UserKey(node.sctpd_user)) return "funnel-sctpd's user";
  if (key == UserKey(node.authd_user)) return "funnel-authd's user, who holds all keys";
  return {};
}

// authd knows by the edge's user which service asks for keys, so each service needs a user of its
// own.
void CheckEdgeUsers(const Configuration& configuration, std::vector<Mistake>& mistakes) {
  std::map<std::string, const ServiceConfig*> taken;
  for (const ServiceConfig& service : configuration.services) {
    if (service.role == Role::kRelay) continue;
    if (std::string whose = WhoseUser(configuration.node, service.edge_user); !whose.empty()) {
      Report(service.origins, "service", "edge-user",
             "edge-user: " + service.edge_user + " is " + whose +
                 ": give the edge a user of its own, or leave edge-user out",
             mistakes);
      continue;
    }

    auto [first, fresh] = taken.emplace(UserKey(service.edge_user), &service);
    if (fresh) continue;
    Report(service.origins, "service", "edge-user",
           "edge-user: " + service.edge_user + " is already the edge of service " +
               first->second->name.text() + " (" +
               PrintOrigin(FindOrigin(first->second->origins, "service", "edge-user")) +
               "), whose keys it could get",
           mistakes);
  }
}

}  // namespace

void CheckNames(Configuration& configuration, std::vector<Mistake>& mistakes) {
  CheckNodes(configuration, mistakes);
  for (ServiceConfig& service : configuration.services) {
    CheckPeerExists(configuration, service, "service", "peer", service.peer, mistakes);
    CheckPeerExists(configuration, service, "relay", "to", service.relay_to, mistakes);
    for (const std::string& from : service.relay_from) {
      CheckPeerExists(configuration, service, "relay", "from", from, mistakes);
    }
    const PeerConfig* peer = configuration.FindPeer(service.peer);
    if (service.target.empty() && service.role == Role::kListen && peer != nullptr)
      service.target = peer->node;
    if (peer != nullptr) CheckAcceptWhen(service, *peer, mistakes);
    // The channel would keep up an association that should end when nobody uses it.
    if (peer != nullptr && peer->when == When::kOnDemand && service.role == Role::kListen &&
        !service.origins.contains("service.idle-exit"))
      service.idle_exit = kIdleExitOnDemand;
  }

  CheckWireNames(configuration, mistakes);
  CheckRelays(configuration, mistakes);
  CheckEdgeUsers(configuration, mistakes);
}

}  // namespace funnel::config
