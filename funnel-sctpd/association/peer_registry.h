// The configured peers by name, and when each must be considered next. Owned by the
// AssociationTable; its parts borrow it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "funnel-sctpd/association/peer.h"
#include "funnel-sctpd/registry.h"

namespace funnel::sctpd {

class PeerRegistry {
 public:
  using Map = Registry<std::string, Peer>::Map;

  PeerRegistry(SharedState& shared, AssociationHost& host) : shared_(shared), host_(host) {}

  void Add(const config::PeerConfig& config) {
    peers_.Add(config.name, std::make_unique<Peer>(shared_, host_, config));
  }
  // Ends everything with PEER first.
  void Remove(Peer& peer, const std::string& reason) {
    const std::string name = peer.name();
    peer.Dismiss(reason);
    peers_.Remove(name);
  }
  // nullptr: none of that name is configured.
  [[nodiscard]] Peer* Find(const std::string& name) const { return peers_.Find(name); }
  // Adopts shared.config, which has just replaced OLD.
  void Reload(const config::Configuration& old);

  // PEER is considered again at AT, or earlier.
  void Wake(Peer& peer, TimePoint at) {
    due_.SetEarlier(peer.timer, at);
    shared_.work();
  }
  void ConsiderAll() {
    for (const auto& [name, peer] : peers_.All()) peer->Consider();
  }
  [[nodiscard]] TimePoint NextTimer() const { return due_.next(); }
  void OnTimer(TimePoint now) {
    due_.RunDue(now, [](Peer& peer) { peer.Consider(); });
  }

  // The hosts of all peers.
  [[nodiscard]] std::vector<sctp::TransportAddress> Hosts() const;
  [[nodiscard]] std::size_t size() const { return peers_.size(); }

  // For loops over all of them, which are counted.
  [[nodiscard]] const Map& All() const { return peers_.All(); }
  [[nodiscard]] std::uint64_t walked() const { return peers_.walked(); }

 private:
  SharedState& shared_;
  AssociationHost& host_;
  Deadlines<Peer> due_;  // outlives them
  Registry<std::string, Peer> peers_;
};

}  // namespace funnel::sctpd
