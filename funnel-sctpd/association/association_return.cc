// AssociationTable: better ways beside the association in use, the move to them, and what is
// remembered of ways.
//
// What an engine can move by itself (Engine::OfferPaths) needs no idle moment. Everything else is a
// new association, whose channels are opened anew: it is begun only while nobody would notice, is
// given up where somebody sends after all, and what it replaces ends in order, so that what was
// sent on it still arrives.
#include <algorithm>
#include <ctime>

#include "common/base/log.h"
#include "funnel-sctpd/association/association_table.h"

namespace funnel::sctpd {

bool AssociationTable::IsIdle(const Association& association) const {
  auto since = user_.IdleSince(association);
  return since && env_.now() - *since >= env_.config.node.sctp.switch_idle;
}

std::vector<Candidate> AssociationTable::BetterRoutes(const Peer& peer, bool direct_now) const {
  const Association& up = *peer.up;
  std::vector<Candidate> routes = RoutesOf(peer, peer.addresses, direct_now);
  std::erase_if(routes, [&](const Candidate& route) {
    bool engines = up.moves && route.host == up.route.host &&
                   route.sctp_port == up.route.sctp_port && route.priority == up.route.priority;
    return !IsBetter(route, up.route) || engines;
  });
  return routes;
}

void AssociationTable::PlanReturn(Peer& peer) {
  peer.better.Off();
  if (peer.up == nullptr || !peer.up->outgoing || !peer.connects()) return;
  TimePoint next = env_.now() + env_.config.node.sctp.return_interval;
  std::optional<TimePoint> due;
  for (const Candidate& route : BetterRoutes(peer, /*direct_now=*/true)) {
    TimePoint at = next;
    if (route.carrier == sctp::Carrier::kDirect && peer.config.carrier == config::Carrier::kAuto)
      at = std::max(at, peer.direct_from);
    due = std::min(at, due.value_or(at));
  }
  if (!due) return;
  peer.better.Plan(*due);
  Wake(peer, *due);
}

void AssociationTable::ConsiderReturn(Peer& peer) {
  if (peer.better.state() == Failback::State::kConnecting) return AdvanceBeside(peer);
  auto due = peer.better.due();
  if (!due) return;
  TimePoint now = env_.now();
  if (*due > now) return Wake(peer, *due);
  auto since = user_.IdleSince(*peer.up);
  auto silence = env_.config.node.sctp.switch_idle;
  TimePoint idle = since ? *since + silence : now + silence;
  if (idle > now) return Wake(peer, idle);
  env_.Count(kReturnsTried);
  peer.better.Begin();
  Resolve(peer);
}

void AssociationTable::OnResolvedBeside(Peer& peer, bool found) {
  if (peer.up == nullptr) return peer.better.Off();
  if (found) RankAnew(peer);
  std::vector<Candidate> routes = BetterRoutes(peer, env_.now() >= peer.direct_from);
  // The answer may have taken long.
  if (!found || routes.empty() || !IsIdle(*peer.up)) return PlanReturn(peer);
  peer.better.OnResolved(std::move(routes), HeadStart(), env_.now());
  AdvanceBeside(peer);
}

// The records may have changed, or no longer name what is in use.
void AssociationTable::RankAnew(Peer& peer) {
  Candidate& used = peer.up->route;
  std::vector<Candidate> routes = RoutesOf(peer, peer.addresses, /*direct_now=*/true);
  auto found = std::ranges::find(routes, used.path(), &Candidate::path);
  used.priority = found == routes.end() ? UINT16_MAX : found->priority;
}

void AssociationTable::AdvanceBeside(Peer& peer) {
  Attempts& attempts = peer.better.attempts();
  ConnectDue(peer, attempts, /*beside=*/true);
  if (!attempts.over()) return Wake(peer, attempts.NextTimer());
  NoteDirectFailure(peer, attempts);
  Remember(peer);
  PlanReturn(peer);
}

bool AssociationTable::TakeOver(Association& fresh, Association& old) {
  if (!IsIdle(old)) {
    End(fresh, "what it should replace is in use");
    return false;
  }
  env_.Count(kAssociationsSwitched);
  std::string why = "a better way took over: " + PathText(fresh.route.path());
  Replace(old, why, /*in_order=*/true);
  return true;
}

// OLD has ended by itself. Where one beside it is being verified, that is its successor: as a rule
// the peer had the verdict before us, and has made room already.
void AssociationTable::HandOver(Association& old) {
  Peer* peer = FindPeer(old.peer);
  if (peer == nullptr || peer->up != &old || peer->better.state() != Failback::State::kVerifying)
    return;
  for (const auto& [id, fresh] : peer->tried) {
    if (!fresh->beside || fresh->withdrawn || fresh->state() != AssociationState::kVerifying)
      continue;
    env_.Count(kAssociationsSwitched);
    fresh->beside = false;
    old.replaced = true;
    peer->outgoing = fresh;
    peer->dialer.SetGood(fresh->route);
    peer->better.Off();
    return;
  }
}

void AssociationTable::Replace(Association& old, const std::string& why, bool in_order) {
  old.replaced = true;
  End(old, why, {.in_order = in_order});
}

void AssociationTable::OnBesideLost(Peer& peer, Association& association,
                                    const std::string& reason) {
  if (association.withdrawn) return;
  if (peer.better.state() == Failback::State::kConnecting)
    return OnAttemptFailed(peer, association, reason);
  PlanReturn(peer);
}

void AssociationTable::OfferPaths(Peer& peer, Association& association) {
  if (!association.outgoing) return;
  auto paths = PathsLike(RoutesOf(peer, peer.addresses, /*direct_now=*/true), association.route);
  association.moves =
      paths.size() > 1 && env_.engine->OfferPaths(association.id(), std::move(paths));
}

void AssociationTable::OnMoved(AssociationId id, const sctp::PeerPath& path) {
  Association* association = Find(id);
  if (association == nullptr || association->state() == AssociationState::kEnding) return;
  sctp::Carrier before = association->carrier;
  association->MoveTo(path);
  Peer* peer = FindPeer(association->peer);
  if (peer == nullptr || peer->up != association || !association->outgoing) return;
  if (path.carrier == sctp::Carrier::kDirect) {
    peer->direct_from = {};
    peer->why_not_direct.clear();
  } else if (before == sctp::Carrier::kDirect) {
    peer->direct_from = env_.now() + env_.config.node.sctp.direct_retry;
    peer->why_not_direct = "it fell silent";
  }
  peer->dialer.SetGood(association->route);
  Remember(*peer);
  PlanReturn(*peer);
}

void AssociationTable::Remember(Peer& peer) {
  if (peer.up == nullptr || !peer.up->outgoing) return;
  RememberedPath remembered{.route = peer.up->route, .direct_from_unix = 0};
  if (auto left = peer.direct_from - env_.now(); left > Duration{0})
    remembered.direct_from_unix =
        std::time(nullptr) + std::chrono::ceil<std::chrono::seconds>(left).count();
  if (env_.paths.Set(peer.config.name, remembered)) env_.save_paths();
}

void AssociationTable::Recall(Peer& peer) {
  const RememberedPath* known = env_.paths.Find(peer.config.name);
  if (known == nullptr) return;
  peer.dialer.SetGood(known->route);
  std::chrono::seconds left(known->direct_from_unix - std::time(nullptr));
  if (left <= Duration{0}) return;
  // A clock that was wrong must not keep direct SCTP out for ever.
  peer.direct_from = env_.now() + std::min<Duration>(left, env_.config.node.sctp.direct_retry);
  peer.why_not_direct = "it did not answer before the last start";
}

}  // namespace funnel::sctpd
