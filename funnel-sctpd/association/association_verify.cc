// AssociationTable: who may stay, and who they are.
#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/config/names.h"
#include "common/wire/frame/frame.h"
#include "funnel-sctpd/association/association_table.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// A handshake takes four frames each way; what is beyond that is somebody who plays.
constexpr std::uint32_t kUnverifiedPeerFrames = 32;
// Renewals come a few an hour.
constexpr std::uint32_t kVerifiedPeerFrames = 64;
constexpr Duration kPeerFrameWindow = 10s;
// Frames that wait for an authd that is just starting.
constexpr std::size_t kMaxHeldPeerFrames = 8;
// Two associations that both ends began at one moment are verified within this time of each other.
constexpr Duration kSimultaneous = 15s;
// Addresses of one peer that we remember.
constexpr std::size_t kMaxHosts = 16;
// After a verdict against a peer: the next one would cost the KDC and both authds as much.
constexpr Duration kAfterFailedVerdict = 1s;

}  // namespace

void AssociationTable::LetIn(AssociationId id, const sctp::UpInfo& info) {
  auto made = std::make_unique<Association>(id, /*outgoing=*/false, info.peer, env_.now());
  Association& association = associations_.Add(id, std::move(made));
  if (!env_.config.node.sctp.accept) return End(association, "this node accepts no associations");
  auto place = admission_.Admit(info.peer);
  if (!place) {
    env_.Count(kAssociationsLimited);
    return End(association, "too many associations that are not verified");
  }
  association.place = std::move(*place);
  BeginVerifying(association, info);
}

void AssociationTable::BeginVerifying(Association& association, const sctp::UpInfo& info) {
  association.address = info.peer;
  association.carrier = info.carrier;
  association.stream_count = info.streams;
  SetDeadline(association, env_.now() + env_.config.node.sctp.verify_timeout);
  UpdateGauges();
}

void AssociationTable::OnVerifyTimeout(const Association& association) {
  Peer* peer = FindPeer(association.peer);
  if (peer == nullptr || association.carrier != sctp::Carrier::kDirect) return;
  // Its handshake passed and larger packets do not.
  peer->direct_from = env_.now() + env_.config.node.sctp.direct_retry;
  peer->why_not_direct = "not verified in time over it";
}

void AssociationTable::ToAuthd(Association& association, ByteView frame) {
  TimePoint now = env_.now();
  std::uint32_t limit = kUnverifiedPeerFrames;
  if (association.up()) {
    limit = kVerifiedPeerFrames;
    if (now - association.peer_frames_since >= kPeerFrameWindow) {
      association.peer_frames_since = now;
      association.peer_frames = 0;
    }
  }
  if (frame.size() < wire::kFrameHeaderSize || frame.size() > wire::kMaxFrameSize ||
      ++association.peer_frames > limit) {
    env_.Count(kDropPeerFrame);
    if (association.peer_frames > limit && !association.up())
      End(association, "too many frames before it was verified");
    return;
  }
  if (env_.authd.connected()) {
    env_.authd.Send(ipc::PeerFrame{.association = association.id(),
                                   .frame = Bytes(frame.begin(), frame.end())});
  } else if (association.peer_frames_held.size() < kMaxHeldPeerFrames) {
    association.peer_frames_held.emplace_back(frame.begin(), frame.end());
  } else {
    env_.Count(kDropPeerFrame);
  }
}

void AssociationTable::OnAuthdUp() {
  for (auto& [id, association] : associations_.All()) {
    if (association->state() == AssociationState::kConnecting ||
        association->state() == AssociationState::kEnding)
      continue;
    // An authd that has just started knows none of them. What is up stays up meanwhile.
    association->reverifying = association->up();
    if (association->outgoing) {
      env_.authd.Send(ipc::PeerStart{.association = id, .peer = association->peer});
    } else if (!association->up() && association->peer_frames_held.empty() &&
               association->peer_frames > 0) {
      // Its handshake died with the earlier authd; the peer begins anew at once.
      End(*association, "the handshake was interrupted");
      continue;
    }
    for (auto& frame : association->peer_frames_held)
      env_.authd.Send(ipc::PeerFrame{.association = id, .frame = std::move(frame)});
    association->peer_frames_held.clear();
  }
}

void AssociationTable::OnPeerFrame(const ipc::PeerFrame& message) {
  Association* association = Find(message.association);
  if (association == nullptr || association->state() == AssociationState::kConnecting ||
      association->state() == AssociationState::kEnding)
    return;
  // What proves who we are also has the peer take it for the better one.
  if (association->beside && !association->up()) {
    Peer* peer = FindPeer(association->peer);
    if (peer != nullptr && peer->up != nullptr && !IsIdle(*peer->up))
      return End(*association, "what it should replace is in use");
  }
  SendControl(*association, StreamId(0), message.frame);
}

void AssociationTable::OnVerifyFailed(const ipc::PeerFailed& verdict) {
  Association* association = Find(verdict.association);
  if (association == nullptr || association->state() == AssociationState::kEnding) return;
  env_.Count(kPeersFailed);
  Log(LogLevel::kWarning, "peer-not-verified", EscapeForLog(verdict.text),
      {{"PEER", association->label()}, {"ADDRESS", association->address.text()}});
  // A KDC that is away must not end what an earlier authd has verified.
  if (association->up() && association->reverifying) return;
  End(*association, EscapeForLog(verdict.text), {.at_least = kAfterFailedVerdict});
}

std::string AssociationTable::WhyNot(const Association& association,
                                     const ipc::PeerVerified& verdict) {
  Peer* peer = FindPeer(verdict.peer);
  if (peer == nullptr) return "no peer of that name is configured";
  if (!config::SameNode(peer->config.node, verdict.node))
    return "it is not the node that is configured";
  if (!association.peer.empty() && association.peer != verdict.peer)
    return "another peer answered: " + verdict.peer;
  return "";
}

void AssociationTable::OnVerified(const ipc::PeerVerified& verdict) {
  Association* association = Find(verdict.association);
  if (association == nullptr || association->state() == AssociationState::kEnding) return;
  if (std::string why_not = WhyNot(*association, verdict); !why_not.empty()) {
    env_.Count(kPeersFailed);
    return End(*association, why_not, {.at_least = kAfterFailedVerdict});
  }
  association->reverifying = false;
  if (association->up()) {
    association->instance = verdict.instance;
    return;
  }
  if (association->state() != AssociationState::kVerifying) return;
  Peer& peer = *FindPeer(verdict.peer);
  if (MakeRoom(*association, peer, verdict)) BringUp(*association, peer, verdict);
}

bool AssociationTable::MakeRoom(Association& fresh, Peer& peer, const ipc::PeerVerified& verdict) {
  Association* old = peer.up;
  if (old == nullptr) return true;
  if (fresh.beside) return TakeOver(fresh, *old);
  bool keep_old = verdict.instance < old->instance;
  if (verdict.instance == old->instance && old->outgoing != fresh.outgoing &&
      env_.now() - old->verified_at < kSimultaneous) {
    // Both ends connected. Both keep the association that the lower node began.
    bool ours_wins = env_.config.node.name < verdict.node;
    keep_old = old->outgoing == ours_wins;
  }
  if (keep_old) {
    End(fresh, "there is an association with that peer already");
    return false;
  }
  env_.Count(kAssociationsReplaced);
  // The same process at the far end has found a better way, and may have sent on the other one.
  Replace(*old, "replaced by a newer association", verdict.instance == old->instance);
  return true;
}

void AssociationTable::BringUp(Association& association, Peer& peer,
                               const ipc::PeerVerified& verdict) {
  association.place.Leave();
  association.peer = peer.config.name;
  association.node = verdict.node;
  association.instance = verdict.instance;
  association.deadline.Clear();
  association.verified_at = association.peer_frames_since = association.active = env_.now();
  association.peer_frames = 0;
  association.streams =
      StreamMap(association.stream_count, ParityOf(env_.config.node.name, verdict.node));
  peer.up = &association;
  if (peer.outgoing == &association) peer.outgoing = nullptr;
  peer.dialer.OnServed();
  if (association.beside) peer.dialer.SetGood(association.route);
  association.beside = false;
  peer.reason.clear();
  peer.idle_since = env_.now();
  if (std::none_of(peer.hosts.begin(), peer.hosts.end(),
                   [&](const auto& host) { return host.SameHost(association.address); })) {
    // Kept while it is away: it gets its share when it comes back.
    if (!peer.connects() || peer.hosts.size() >= kMaxHosts) peer.hosts.clear();
    peer.hosts.push_back(association.address);
    PublishKnownHosts();
  }
  env_.Count(kPeersVerified);
  env_.engine->Trust(association.id());
  SetState(association, AssociationState::kUp, "");
  OfferPaths(peer, association);
  Remember(peer);
  PlanReturn(peer);
  Consider(peer);
  UpdateGauges();
  user_.OnAssociationUp(association);
}

}  // namespace funnel::sctpd
