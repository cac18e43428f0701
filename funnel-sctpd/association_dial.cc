// AssociationTable: connecting to peers.
#include "common/base/log.h"
#include "funnel-sctpd/association_table.h"

namespace funnel::sctpd {
bool AssociationTable::Wanted(const Peer& peer) const {
  if (!peer.connects() || peer.up != nullptr) return false;
  return peer.config.when == config::When::kAlways || peer.wanted_by > 0;
}

void AssociationTable::Consider(Peer& peer) {
  TimePoint now = core_.now();
  if (peer.up != nullptr) {
    if (peer.config.when != config::When::kOnDemand || !peer.connects()) return;
    auto limit = core_.config.node.sctp.idle_disconnect;
    if (peer.wanted_by > 0 || peer.up->channels > 0) peer.idle_since = now;
    if (now - peer.idle_since >= limit) return End(*peer.up, "idle");
    return Wake(peer.idle_since + limit);
  }
  if (!Wanted(peer)) {
    if (peer.outgoing == nullptr) peer.dialer.Unwant();
    return;
  }
  peer.dialer.Want(now);
  auto due = peer.dialer.due();
  if (!due) return;
  if (*due <= now)
    BeginDialling(peer);
  else
    Wake(*due);
}

void AssociationTable::BeginDialling(Peer& peer) {
  peer.dialer.Begin();
  std::uint64_t round = peer.resolve_round = ++resolve_rounds_;
  core_.resolver.Resolve(peer.config.connect,
                         [this, name = peer.config.name, round](const std::vector<Place>& places,
                                                                const std::string& error) {
                           OnResolved(name, round, places, error);
                         });
}

void AssociationTable::OnResolved(const std::string& name, std::uint64_t round,
                                  const std::vector<Place>& places, const std::string& error) {
  Peer* peer = FindPeer(name);
  if (peer == nullptr || peer->resolve_round != round) return;
  std::vector<Route> routes = RoutesTo(*peer, places);
  if (routes.empty()) {
    core_.Count(kConnectsFailed);
    peer->reason = places.empty() ? error : "its SRV records do not offer the configured carrier";
    Log(LogLevel::kWarning, "resolve-failed", peer->reason, {{"PEER", name}});
  } else {
    peer->hosts.clear();
    for (const Place& place : places) peer->hosts.push_back(place.address);
    PublishKnownHosts();
  }
  peer->dialer.OnResolved(std::move(routes), core_.now(), core_.random(), peer->reason);
  TryConnect(*peer);
  Consider(*peer);
}

std::vector<Route> AssociationTable::RoutesTo(const Peer& peer,
                                              const std::vector<Place>& places) const {
  const auto& sctp = core_.config.node.sctp;
  std::uint16_t udp_port = sctp.udp_port != 0 ? sctp.udp_port : sctp::kDefaultUdpPort;
  bool direct = peer.config.carrier == config::Carrier::kDirect ||
                (peer.config.carrier == config::Carrier::kAuto && core_.now() >= peer.direct_from);
  std::vector<Route> routes;
  for (const Place& place : places) {
    std::uint16_t port = place.address.port();
    if (direct && place.carrier != sctp::Carrier::kUdp)
      routes.push_back({place.address.WithPort(0), sctp::Carrier::kDirect,
                        port != 0 ? port : sctp.sctp_port, place.priority});
    if (peer.config.carrier != config::Carrier::kDirect && place.carrier != sctp::Carrier::kDirect)
      routes.push_back({place.address.WithPort(port != 0 ? port : udp_port), sctp::Carrier::kUdp,
                        sctp.sctp_port, place.priority});
  }
  return routes;
}

void AssociationTable::TryConnect(Peer& peer) {
  while (peer.dialer.state() == Dialer::State::kConnecting && peer.outgoing == nullptr) {
    const Route route = peer.dialer.route();
    auto connected = core_.engine->Connect(
        {.addresses = {route.address}, .carrier = route.carrier, .sctp_port = route.sctp_port});
    if (!connected) {
      if (route.carrier == sctp::Carrier::kDirect)
        peer.direct_from = core_.now() + core_.config.node.sctp.direct_retry;
      else
        Log(LogLevel::kWarning, "connect-failed", connected.error().message,
            {{"PEER", peer.config.name}, {"ADDRESS", route.address.text()}});
      core_.Count(kConnectsFailed);
      peer.reason = connected.error().message;
      peer.dialer.OnConnectFailed(core_.now(), core_.random(), connected.error().message);
      continue;
    }
    core_.Count(kConnects);
    auto association =
        std::make_unique<Association>(*connected, /*outgoing=*/true, route.address, core_.now());
    association->peer = peer.config.name;
    association->carrier = route.carrier;
    const auto& sctp = core_.config.node.sctp;
    bool brief =
        route.carrier == sctp::Carrier::kDirect && peer.config.carrier == config::Carrier::kAuto;
    association->deadline = core_.now() + (brief ? sctp.direct_timeout : sctp.connect_timeout);
    Wake(association->deadline);
    peer.outgoing = association.get();
    associations_.emplace(*connected, std::move(association));
  }
}

void AssociationTable::OnConnectFailed(Peer& peer, const std::string& reason) {
  core_.Count(kConnectsFailed);
  if (peer.dialer.route().carrier == sctp::Carrier::kDirect)
    peer.direct_from = core_.now() + core_.config.node.sctp.direct_retry;
  peer.dialer.OnConnectFailed(core_.now(), core_.random(), reason);
  TryConnect(peer);
  Consider(peer);
}

void AssociationTable::AddPeer(const config::PeerConfig& config) {
  peers_.emplace(config.name, std::make_unique<Peer>(config, core_.config.node.sctp));
}

void AssociationTable::RemovePeer(Peer& peer, const std::string& reason) {
  std::string name = peer.config.name;
  peer.config.connect.clear();
  if (peer.outgoing != nullptr) End(*peer.outgoing, reason);
  if (peer.up != nullptr) End(*peer.up, reason);
  peers_.erase(name);
}

void AssociationTable::PublishKnownHosts() {
  std::vector<sctp::TransportAddress> hosts;
  for (const auto& [name, peer] : peers_)
    hosts.insert(hosts.end(), peer->hosts.begin(), peer->hosts.end());
  admission_.SetKnownHosts(hosts, peers_.size());
  core_.engine->SetKnownHosts(std::move(hosts));
}

}  // namespace funnel::sctpd
