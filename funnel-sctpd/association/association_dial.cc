// AssociationTable: connecting to peers that have no association.
#include <utility>

#include "common/base/log.h"
#include "funnel-sctpd/association/association_table.h"

namespace funnel::sctpd {
bool AssociationTable::Wanted(const Peer& peer) const {
  if (!peer.connects() || peer.up != nullptr) return false;
  return peer.config.when == config::When::kAlways || peer.wanted_by > 0;
}

void AssociationTable::Consider(Peer& peer) {
  TimePoint now = env_.now();
  if (peer.up != nullptr) {
    ConsiderReturn(peer);
    if (peer.up == nullptr || peer.config.when != config::When::kOnDemand || !peer.connects())
      return;
    auto limit = env_.config.node.sctp.idle_disconnect;
    if (peer.wanted_by > 0 || peer.up->channels > 0) peer.idle_since = now;
    if (now - peer.idle_since >= limit) return End(*peer.up, "idle");
    return Wake(peer, peer.idle_since + limit);
  }
  if (!Wanted(peer)) {
    if (peer.outgoing == nullptr && peer.dialer.attempts().running().empty()) peer.dialer.Unwant();
    return;
  }
  peer.dialer.Want(now);
  if (peer.dialer.state() == Dialer::State::kConnecting) return Advance(peer);
  if (MayFallBack(peer)) {
    if (now < peer.resolve_patience) return Wake(peer, peer.resolve_patience);
    peer.fell_back = true;
    return FallBack(peer, "its name is still being looked up");
  }
  auto due = peer.dialer.due();
  if (!due) return;
  if (*due <= now)
    BeginDialling(peer);
  else
    Wake(peer, *due);
}

void AssociationTable::Resolve(Peer& peer) {
  std::uint64_t round = peer.resolve_round = ++resolve_rounds_;
  env_.resolver.Resolve(peer.config.connect, [this, name = peer.config.name, round](
                                                 const std::vector<ResolvedAddress>& addresses,
                                                 const std::string& error) {
    OnResolved(name, round, addresses, error);
  });
}

void AssociationTable::BeginDialling(Peer& peer) {
  peer.dialer.Begin();
  // What the last round tried in vain is not tried before the answer again: it may name another.
  peer.resolve_patience = TimePoint::max();
  if (MayFallBack(peer) && !std::exchange(peer.fell_back, false)) {
    peer.resolve_patience = env_.now() + env_.config.node.sctp.attempt_delay;
    Wake(peer, peer.resolve_patience);
  }
  Resolve(peer);
}

// The name's server may be reached through this very peer, or be away with it.
void AssociationTable::FallBack(Peer& peer, const std::string& why) {
  const Candidate route = *peer.dialer.good();
  env_.Count(kFallbacks);
  peer.reason = why + "; the address that worked last is tried: " + PathText(route.path());
  Log(LogLevel::kNotice, "address-of-last-time", peer.reason, {{"PEER", peer.config.name}});
  peer.dialer.OnResolved({route}, HeadStart(), env_.now(), env_.random(), peer.reason);
  Consider(peer);
}

bool AssociationTable::MayFallBack(const Peer& peer) const {
  if (peer.dialer.state() != Dialer::State::kResolving || !peer.dialer.good()) return false;
  const bool direct = peer.dialer.good()->carrier == sctp::Carrier::kDirect;
  return peer.config.carrier != (direct ? config::Carrier::kUdp : config::Carrier::kDirect);
}

void AssociationTable::OnResolved(const std::string& name, std::uint64_t round,
                                  const std::vector<ResolvedAddress>& addresses,
                                  const std::string& error) {
  Peer* peer = FindPeer(name);
  if (peer == nullptr || peer->resolve_round != round) return;
  if (!addresses.empty()) {
    peer->addresses = addresses;
    peer->hosts.clear();
    for (const ResolvedAddress& place : addresses) peer->hosts.push_back(place.address);
    if (peer->up != nullptr) peer->hosts.push_back(peer->up->address);
    PublishKnownHosts();
  }
  if (peer->better.state() == Failback::State::kResolving)
    return OnResolvedBeside(*peer, !addresses.empty());
  std::vector<Candidate> routes = RoutesOf(*peer, addresses, env_.now() >= peer->direct_from);
  if (routes.empty()) {
    env_.Count(kConnectsFailed);
    peer->reason =
        addresses.empty() ? error : "its SRV records do not offer the configured carrier";
    Log(LogLevel::kWarning, "resolve-failed", peer->reason, {{"PEER", name}});
    if (addresses.empty() && MayFallBack(*peer)) return FallBack(*peer, error);
  }
  peer->dialer.OnResolved(std::move(routes), HeadStart(), env_.now(), env_.random(), peer->reason);
  Consider(*peer);
}

std::vector<Candidate> AssociationTable::RoutesOf(const Peer& peer,
                                                  const std::vector<ResolvedAddress>& addresses,
                                                  bool direct_now) const {
  const auto& sctp = env_.config.node.sctp;
  return CandidatesAt(addresses,
                      {.carrier = peer.config.carrier,
                       .direct_now = direct_now,
                       .udp_port = sctp.udp_port != 0 ? sctp.udp_port : sctp::kDefaultUdpPort,
                       .sctp_port = sctp.sctp_port});
}

Attempts::HeadStart AssociationTable::HeadStart() const {
  const auto& sctp = env_.config.node.sctp;
  // The first INIT may be lost: the second one leaves after rto-initial.
  return {.usual = sctp.attempt_delay, .before_worse = 2 * sctp.rto_initial};
}

void AssociationTable::Advance(Peer& peer) {
  Attempts& attempts = peer.dialer.attempts();
  ConnectDue(peer, attempts, /*beside=*/false);
  if (!attempts.over()) return Wake(peer, attempts.NextTimer());
  NoteDirectFailure(peer, attempts);
  peer.dialer.OnRoundFailed(env_.now(), env_.random(), peer.reason);
  if (auto due = peer.dialer.due()) Wake(peer, *due);
}

void AssociationTable::ConnectDue(Peer& peer, Attempts& attempts, bool beside) {
  const auto& sctp = env_.config.node.sctp;
  while (const Candidate* due = attempts.Due(env_.now())) {
    const Candidate route = *due;
    auto connected = env_.engine->Connect(
        {.addresses = {route.address}, .carrier = route.carrier, .sctp_port = route.sctp_port});
    if (!connected) {
      const std::string& why = connected.error().message;
      if (route.carrier == sctp::Carrier::kUdp || peer.config.carrier == config::Carrier::kDirect)
        Log(LogLevel::kWarning, "connect-failed", why,
            {{"PEER", peer.config.name}, {"ADDRESS", route.address.text()}});
      env_.Count(kConnectsFailed);
      if (!beside) peer.reason = why;
      attempts.OnNotBegun(env_.now());
      // That costs nothing, and a restart mends it: it is tried each time.
      if (route.carrier == sctp::Carrier::kDirect) peer.why_not_direct = why;
      continue;
    }
    env_.Count(kConnects);
    attempts.OnBegun(*connected, env_.now());
    auto association =
        std::make_unique<Association>(*connected, /*outgoing=*/true, route.address, env_.now());
    association->peer = peer.config.name;
    association->route = route;
    association->carrier = route.carrier;
    association->beside = beside;
    peer.tried.emplace(*connected, association.get());
    SetDeadline(*association, env_.now() + sctp.connect_timeout);
    associations_.Add(*connected, std::move(association));
  }
}

void AssociationTable::OnAttemptUp(Association& association) {
  Peer* peer = FindPeer(association.peer);
  if (peer == nullptr) return;
  Attempts& attempts = association.beside ? peer->better.attempts() : peer->dialer.attempts();
  if (association.route.carrier == sctp::Carrier::kUdp) {
    NoteDirectFailure(*peer, attempts);
  } else {
    peer->direct_from = {};
    peer->why_not_direct.clear();
  }
  std::vector<AssociationId> slower = attempts.OnUp(association.id());
  if (association.beside) {
    peer->better.OnConnected();
  } else {
    peer->dialer.OnConnected(association.route);
    peer->outgoing = &association;
  }
  for (AssociationId id : slower)
    if (Association* other = Find(id)) {
      env_.Count(kAttemptsWithdrawn);
      Withdraw(*other, "another way was faster");
    }
}

void AssociationTable::NoteDirectFailure(Peer& peer, const Attempts& attempts) {
  auto failure = attempts.DirectFailure(env_.now());
  if (!failure) return;
  peer.why_not_direct = *failure;
  peer.direct_from = env_.now() + env_.config.node.sctp.direct_retry;
}

void AssociationTable::OnAttemptFailed(Peer& peer, Association& association,
                                       const std::string& reason) {
  Attempts& attempts = association.beside ? peer.better.attempts() : peer.dialer.attempts();
  if (!attempts.OnFailed(association.id(), reason, env_.now())) return;
  env_.Count(kConnectsFailed);
  if (association.beside) return ConsiderReturn(peer);
  peer.reason = reason;
  Consider(peer);
}

void AssociationTable::Withdraw(Association& association, const std::string& reason) {
  association.withdrawn = true;
  End(association, reason);
}

void AssociationTable::WithdrawAll(Peer& peer, const std::string& reason) {
  peer.outgoing = nullptr;
  // They leave it as they end.
  const auto tried = peer.tried;
  for (const auto& [id, association] : tried) Withdraw(*association, reason);
}

void AssociationTable::AddPeer(const config::PeerConfig& config) {
  auto peer = std::make_unique<Peer>(config, env_.config.node.sctp);
  Recall(*peer);
  peers_.Add(config.name, std::move(peer));
}

void AssociationTable::RemovePeer(Peer& peer, const std::string& reason) {
  std::string name = peer.config.name;
  peer.config.connect.clear();
  peer.better.Off();
  WithdrawAll(peer, reason);
  if (peer.up != nullptr) End(*peer.up, reason);
  peers_.Remove(name);
}

void AssociationTable::PublishKnownHosts() {
  std::vector<sctp::TransportAddress> hosts;
  for (const auto& [name, peer] : peers_.All())
    hosts.insert(hosts.end(), peer->hosts.begin(), peer->hosts.end());
  admission_.SetKnownHosts(hosts, peers_.size());
  env_.engine->SetKnownHosts(std::move(hosts));
}

}  // namespace funnel::sctpd
