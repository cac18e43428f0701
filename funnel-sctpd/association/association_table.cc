#include "funnel-sctpd/association/association_table.h"

#include <algorithm>
#include <cassert>

namespace funnel::sctpd {

AssociationTable::AssociationTable(SharedState& shared, AssociationUser& user)
    : shared_(shared),
      user_(user),
      peers_(shared, *this),
      associations_(shared),
      verifier_({shared, *this, *this, user, associations_, peers_}) {
  for (const auto& config : shared_.config.peers) peers_.Add(config);
}

// Before the Admission, whose slots they hold.
AssociationTable::~AssociationTable() { associations_.Clear(); }

void AssociationTable::Start() {
  PublishKnownHosts();
  peers_.ConsiderAll();
}

TimePoint AssociationTable::NextTimer() const {
  return std::min(associations_.NextTimer(), peers_.NextTimer());
}

void AssociationTable::OnTimer() {
  const TimePoint now = shared_.now();
  associations_.RunDue(now, [this](Association& association) { OnDeadline(association); });
  peers_.OnTimer(now);
}

void AssociationTable::OnDeadline(Association& association) {
  if (!association.failure.empty())
    End(association, association.failure);
  else if (association.state() == AssociationState::kVerifying)
    verifier_.OnTimeout(association);
  else if (association.state() == AssociationState::kConnecting)
    End(association, "no answer in time");
}

void AssociationTable::EndAll(const std::string& reason) {
  for (const auto& [name, peer] : peers_.All()) peer->Stop(reason);
  for (const auto& [id, association] : associations_.All()) End(*association, reason);
}

void AssociationTable::Reload(const config::Configuration& old) {
  verifier_.Configure();
  peers_.Reload(old);
  PublishKnownHosts();
  peers_.ConsiderAll();
}

Association* AssociationTable::FindUp(const std::string& name) {
  Peer* peer = peers_.Find(name);
  return peer == nullptr ? nullptr : peer->up();
}

void AssociationTable::AddWant(const std::string& name) {
  if (Peer* peer = peers_.Find(name)) peer->AddWant();
}

void AssociationTable::RemoveWant(const std::string& name) {
  if (Peer* peer = peers_.Find(name)) peer->RemoveWant();
}

void AssociationTable::SendControl(Association& association, StreamId stream, Bytes frame) {
  shared_.Count(kFramesOut);
  shared_.Count(kBytesOut, frame.size());
  shared_.work();
  if (association.SendControl(*shared_.engine, stream, std::move(frame))) return;
  shared_.Count(kControlOverflows);
  Fail(association, "the peer does not read");
}

void AssociationTable::Fail(Association& association, const std::string& reason) {
  // The caller may be using it: so only the deadline moves now.
  association.failure = reason;
  associations_.SetDeadline(association, shared_.now());
}

void AssociationTable::OnUp(AssociationId id, const sctp::UpInfo& info) {
  Association* known = associations_.Find(id);
  if (known == nullptr) {
    Association& association =
        associations_.Add(std::make_unique<Association>(id, info.peer, shared_.now()));
    return verifier_.LetIn(association, info);
  }

  if (known->state() != AssociationState::kConnecting) return;
  if (Peer* peer = peers_.Find(known->peer)) peer->OnUp(*known);
  verifier_.Begin(*known, info);
  assert(known->IsConsistent());
}

void AssociationTable::OnDown(AssociationId id, sctp::DownReason reason, std::string_view text) {
  Association* association = associations_.Find(id);
  if (association == nullptr) return;

  if (association->state() != AssociationState::kEnding) {
    std::string words(sctp::Name(reason));
    if (!text.empty()) words.append(": ").append(text);

    const bool was_up = association->up();
    if (was_up) shared_.Count(kAssociationsLost);
    Peer* peer = peers_.Find(association->peer);
    const bool replaced = peer != nullptr && peer->OnLosing(*association, reason);
    associations_.SetState(
        *association,
        Association::Ending{replaced ? Association::Cause::kReplaced : Association::Cause::kLost},
        words);
    Detach(*association, words, was_up, {});
  }
  associations_.Remove(*association);
}

void AssociationTable::OnMessage(AssociationId id, StreamId stream, std::uint32_t payload_protocol,
                                 MutableByteView message) {
  shared_.Count(kFramesIn);
  shared_.Count(kBytesIn, message.size());
  Association* association = associations_.FindAlive(id);
  if (association == nullptr) return;

  if (payload_protocol != sctp::kPayloadProtocol) return shared_.Count(kDropPayloadProtocol);
  if (stream == StreamId(0)) return verifier_.OnFrame(*association, message);
  if (!association->up()) return shared_.Count(kDropUnverified);
  user_.OnFrame(*association, stream, message);
  assert(association->IsConsistent());
}

void AssociationTable::OnWritable(AssociationId id) {
  Association* association = associations_.FindAlive(id);
  if (association == nullptr || !association->FlushControl(*shared_.engine)) return;
  association->blocked = false;
  if (association->up()) user_.OnWritable(*association);
}

void AssociationTable::OnMoved(AssociationId id, const sctp::PeerPath& path) {
  Association* association = associations_.FindAlive(id);
  if (association == nullptr) return;
  const sctp::Carrier before = association->carrier;
  association->MoveTo(path);
  if (Peer* peer = peers_.Find(association->peer)) peer->OnMoved(*association, before);
}

Result<Association*> AssociationTable::Connect(Peer& peer, const Candidate& candidate,
                                               Association::Purpose purpose) {
  const AssociationId id = TRY(shared_.engine->Connect({.addresses = {candidate.address},
                                                        .carrier = candidate.carrier,
                                                        .sctp_port = candidate.sctp_port}));
  Association& association = associations_.Add(std::make_unique<Association>(
      id, peer.name(), Association::Dialled{.candidate = candidate, .purpose = purpose},
      shared_.now()));
  associations_.SetDeadline(association, shared_.now() + shared_.config.node.sctp.connect_timeout);
  return &association;
}

void AssociationTable::End(Association& association, const std::string& reason,
                           const EndOptions& how) {
  if (association.state() == AssociationState::kEnding) return;
  const bool was_up = association.up();
  associations_.SetState(association, Association::Ending{how.cause}, reason);

  if (how.in_order)
    shared_.engine->Shutdown(association.id());
  else
    shared_.engine->Abort(association.id(), reason);
  shared_.work();
  Detach(association, reason, was_up, how.at_least);
}

void AssociationTable::Detach(Association& association, const std::string& reason, bool was_up,
                              Duration at_least) {
  verifier_.UpdateGauge();
  if (was_up) user_.OnAssociationDown(association, reason);
  shared_.authd.Send(ipc::PeerGone{.association = association.id()});

  Peer* peer = peers_.Find(association.peer);
  if (peer != nullptr) peer->OnEnded(association, reason, was_up, at_least);
}

void AssociationTable::PublishKnownHosts() {
  std::vector<sctp::TransportAddress> hosts = peers_.Hosts();
  verifier_.OnKnownHosts(hosts);
  shared_.engine->SetKnownHosts(std::move(hosts));
}

}  // namespace funnel::sctpd
