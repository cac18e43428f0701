#include "funnel-sctpd/association/peer_registry.h"

namespace funnel::sctpd {

void PeerRegistry::Reload(const config::Configuration& old) {
  for (const config::PeerConfig& before : old.peers) {
    const auto* after = shared_.config.FindPeer(before.name);
    Peer* peer = Find(before.name);
    if (peer == nullptr) continue;

    const bool same_far_end = after != nullptr && after->node == before.node &&
                              after->principal == before.principal &&
                              after->identity == before.identity;
    if (same_far_end) {
      peer->Configure(*after);
      continue;
    }
    const std::size_t wanted_by = peer->wanted_by();  // those edges still wait
    Remove(*peer,
           after == nullptr ? "taken out of the configuration" : "its configuration has changed");
    if (after == nullptr) continue;
    Add(*after);
    Find(before.name)->SetWantedBy(wanted_by);
  }

  for (const config::PeerConfig& config : shared_.config.peers)
    if (Find(config.name) == nullptr) Add(config);
}

std::vector<sctp::TransportAddress> PeerRegistry::Hosts() const {
  std::vector<sctp::TransportAddress> hosts;
  for (const auto& [name, peer] : peers_.All())
    hosts.insert(hosts.end(), peer->addresses().hosts().begin(), peer->addresses().hosts().end());
  return hosts;
}

}  // namespace funnel::sctpd
