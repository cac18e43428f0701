#include "funnel-sctpd/association/association_table.h"

#include "common/base/log.h"

namespace funnel::sctpd {

AssociationTable::AssociationTable(Environment& env, AssociationUser& user)
    : env_(env),
      user_(user),
      admission_({env.config.node.sctp.unverified_associations,
                  env.config.node.sctp.unverified_per_address}) {
  for (const auto& config : env_.config.peers) AddPeer(config);
}

AssociationTable::~AssociationTable() = default;

void AssociationTable::Start() {
  PublishKnownHosts();
  for (auto& [name, peer] : peers_.All()) Consider(*peer);
}

void AssociationTable::OnTimer() {
  TimePoint now = env_.now();
  associations_due_.RunDue(now, [this](Association& association) { OnDeadline(association); });
  peers_due_.RunDue(now, [this](Peer& peer) { Consider(peer); });
}

void AssociationTable::SetDeadline(Association& association, TimePoint at) {
  associations_due_.Set(association.deadline, at);
  env_.work();
}

void AssociationTable::OnDeadline(Association& association) {
  if (!association.failure.empty()) {
    End(association, association.failure);
  } else if (association.state() == AssociationState::kVerifying) {
    env_.Count(kVerifyTimeouts);
    OnVerifyTimeout(association);
    End(association, "not verified in time");
  } else if (association.state() == AssociationState::kConnecting) {
    End(association, "no answer in time");
  }
}

void AssociationTable::EndAll(const std::string& reason) {
  for (auto& [name, peer] : peers_.All()) {
    peer->dialer.Unwant();
    peer->better.Off();
    peer->config.connect.clear();
  }
  for (auto& [id, association] : associations_.All()) End(*association, reason);
}

void AssociationTable::Reload(const config::Configuration& old) {
  admission_.SetLimits({env_.config.node.sctp.unverified_associations,
                        env_.config.node.sctp.unverified_per_address});
  for (auto& before : old.peers) {
    const auto* after = env_.config.FindPeer(before.name);
    bool same_far_end = after != nullptr && after->node == before.node &&
                        after->principal == before.principal && after->identity == before.identity;
    Peer* peer = FindPeer(before.name);
    if (peer == nullptr) continue;
    if (!same_far_end) {
      std::size_t wanted_by = peer->wanted_by;  // those edges still wait
      RemovePeer(*peer, after == nullptr ? "taken out of the configuration"
                                         : "its configuration has changed");
      if (after == nullptr) continue;
      AddPeer(*after);
      FindPeer(before.name)->wanted_by = wanted_by;
    } else {
      bool moved = peer->config.connect != after->connect || peer->config.carrier != after->carrier;
      peer->config = *after;
      if (moved) WithdrawAll(*peer, "its configuration has changed");
      if (moved && peer->up == nullptr) peer->dialer.Unwant();
      PlanReturn(*peer);
    }
  }
  for (const auto& config : env_.config.peers)
    if (FindPeer(config.name) == nullptr) AddPeer(config);
  PublishKnownHosts();
  for (auto& [name, peer] : peers_.All()) Consider(*peer);
}

Association* AssociationTable::FindUp(const std::string& peer) {
  Peer* found = FindPeer(peer);
  return found == nullptr ? nullptr : found->up;
}

void AssociationTable::AddWant(const std::string& name) {
  Peer* peer = FindPeer(name);
  if (peer == nullptr) return;
  ++peer->wanted_by;
  Consider(*peer);
}

void AssociationTable::RemoveWant(const std::string& name) {
  Peer* peer = FindPeer(name);
  if (peer == nullptr || peer->wanted_by == 0) return;
  --peer->wanted_by;
  Consider(*peer);
}

void AssociationTable::SendControl(Association& association, StreamId stream, Bytes frame) {
  env_.Count(kFramesOut);
  env_.Count(kBytesOut, frame.size());
  env_.work();
  if (association.SendControl(*env_.engine, stream, std::move(frame))) return;
  env_.Count(kControlOverflows);
  Fail(association, "the peer does not read");
}

void AssociationTable::Fail(Association& association, const std::string& reason) {
  // The caller may be in the midst of it: only the deadline moves now.
  association.failure = reason;
  SetDeadline(association, env_.now());
}

Association* AssociationTable::Find(AssociationId id) {
  if (recent_ != nullptr && recent_->id() == id) return recent_;
  Association* found = associations_.Find(id);
  if (found != nullptr) recent_ = found;
  return found;
}

Peer* AssociationTable::FindPeer(const std::string& name) { return peers_.Find(name); }

void AssociationTable::OnUp(AssociationId id, const sctp::UpInfo& info) {
  Association* association = Find(id);
  if (association == nullptr) return LetIn(id, info);
  if (association->state() != AssociationState::kConnecting) return;
  OnAttemptUp(*association);
  SetState(*association, AssociationState::kVerifying, "");
  BeginVerifying(*association, info);
  env_.authd.Send(ipc::PeerStart{.association = id, .peer = association->peer});
}

void AssociationTable::OnDown(AssociationId id, sctp::DownReason reason, std::string_view text) {
  Association* association = Find(id);
  if (association == nullptr) return;
  std::string words(sctp::Name(reason));
  if (!text.empty()) words.append(": ").append(text);
  bool was_up = association->up();
  if (association->state() != AssociationState::kEnding) {
    if (was_up) env_.Count(kAssociationsLost);
    if (Peer* peer = FindPeer(association->peer);
        peer != nullptr && peer->up == association && reason == sctp::DownReason::kDeadPeer)
      peer->dialer.OnDead(association->route);
    if (was_up) HandOver(*association);
    SetState(*association, AssociationState::kEnding, words);
    Detach(*association, words, was_up, {});
  }
  if (recent_ == association) recent_ = nullptr;
  associations_.Remove(id);
  UpdateGauges();
}

void AssociationTable::OnMessage(AssociationId id, StreamId stream, std::uint32_t payload_protocol,
                                 MutableByteView message) {
  env_.Count(kFramesIn);
  env_.Count(kBytesIn, message.size());
  Association* association = Find(id);
  if (association == nullptr || association->state() == AssociationState::kEnding) return;
  if (payload_protocol != sctp::kPayloadProtocol) return env_.Count(kDropPayloadProtocol);
  if (stream == StreamId(0)) return ToAuthd(*association, message);
  if (!association->up()) return env_.Count(kDropUnverified);
  user_.OnFrame(*association, stream, message);
}

void AssociationTable::OnWritable(AssociationId id) {
  Association* association = Find(id);
  if (association == nullptr || association->state() == AssociationState::kEnding) return;
  if (!association->FlushControl(*env_.engine)) return;
  association->blocked = false;
  if (association->up()) user_.OnWritable(*association);
}

void AssociationTable::End(Association& association, const std::string& reason, const Ending& how) {
  if (association.state() == AssociationState::kEnding) return;
  bool was_up = association.up();
  SetState(association, AssociationState::kEnding, reason);
  if (how.in_order)
    env_.engine->Shutdown(association.id());
  else
    env_.engine->Abort(association.id(), reason);
  env_.work();
  Detach(association, reason, was_up, how.at_least);
  UpdateGauges();
}

void AssociationTable::Detach(Association& association, const std::string& reason, bool was_up,
                              Duration at_least) {
  association.place.Leave();
  if (was_up) user_.OnAssociationDown(association, reason);
  env_.authd.Send(ipc::PeerGone{.association = association.id()});
  Peer* peer = FindPeer(association.peer);
  if (peer == nullptr) return;
  if (peer->up == &association) peer->up = nullptr;
  bool outgoing = peer->outgoing == &association;
  if (outgoing) peer->outgoing = nullptr;
  if (association.replaced || association.withdrawn) return;
  if (association.beside && !was_up) return OnBesideLost(*peer, association, reason);
  if (peer->dialer.attempts().Find(association.id()) != nullptr)
    return OnAttemptFailed(*peer, association, reason);
  if (peer->up != nullptr || (!outgoing && !was_up)) return;
  if (was_up) {
    peer->better.Off();
    WithdrawAll(*peer, "what it should replace has ended");
  }
  peer->reason = reason;
  if (!was_up) peer->dialer.OnUnproven(association.route);
  peer->dialer.OnLost(env_.now(), env_.random(), reason, at_least);
  Consider(*peer);
}

void AssociationTable::SetState(Association& association, AssociationState state,
                                std::string_view reason) {
  up_ -= association.up();
  association.SetState(state, reason);
  up_ += association.up();
  const bool tried =
      state == AssociationState::kConnecting || state == AssociationState::kVerifying;
  if (tried || !association.outgoing) return;
  if (Peer* peer = FindPeer(association.peer)) peer->tried.erase(association.id());
}

void AssociationTable::UpdateGauges() {
  env_.counters[kAssociationsUp] = up_;
  env_.counters[kAssociationsUnverified] = admission_.count();
}

}  // namespace funnel::sctpd
