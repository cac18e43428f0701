#include "funnel-sctpd/association/verifier.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/config/names.h"
#include "common/wire/frame/frame.h"

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
// After a verdict against a peer: the next one would cost the KDC and both authds as much.
constexpr Duration kAfterFailedVerdict = 1s;

Admission::Limits LimitsOf(const config::Configuration& config) {
  return {config.node.sctp.unverified_associations, config.node.sctp.unverified_per_address};
}

}  // namespace

Verifier::Verifier(const Parts& parts) : parts_(parts), admission_(LimitsOf(parts.env.config)) {}

void Verifier::Configure() { admission_.SetLimits(LimitsOf(parts_.env.config)); }

void Verifier::OnKnownHosts(const std::vector<sctp::TransportAddress>& hosts) {
  admission_.SetKnownHosts(hosts, parts_.peers.size());
}

void Verifier::LetIn(Association& association, const sctp::UpInfo& info) {
  if (!parts_.env.config.node.sctp.accept)
    return parts_.host.End(association, "this node accepts no associations");

  auto place = admission_.Admit(info.peer);
  if (!place) {
    parts_.env.Count(kAssociationsLimited);
    return parts_.host.End(association, "too many associations that are not verified");
  }
  association.place = std::move(*place);
  Await(association, info);
}

void Verifier::Begin(Association& association, const sctp::UpInfo& info) {
  parts_.associations.SetState(association, AssociationState::kVerifying, "");
  Await(association, info);
  parts_.env.authd.Send(ipc::PeerStart{.association = association.id(), .peer = association.peer});
}

void Verifier::Await(Association& association, const sctp::UpInfo& info) {
  association.address = info.peer;
  association.carrier = info.carrier;
  association.stream_count = info.streams;
  parts_.associations.SetDeadline(association,
                                  parts_.env.now() + parts_.env.config.node.sctp.verify_timeout);
  parts_.env.counters[kAssociationsUnverified] = admission_.count();
}

void Verifier::OnTimeout(Association& association) {
  parts_.env.Count(kVerifyTimeouts);
  if (Peer* peer = parts_.peers.Find(association.peer)) peer->OnVerifyTimeout(association);
  parts_.host.End(association, "not verified in time");
}

void Verifier::Release(Association& association) {
  association.place.Leave();
  parts_.env.counters[kAssociationsUnverified] = admission_.count();
}

bool Verifier::MayPass(Association& association, ByteView frame) {
  std::uint32_t limit = kUnverifiedPeerFrames;
  if (association.up()) {
    limit = kVerifiedPeerFrames;
    const TimePoint now = parts_.env.now();
    if (now - association.peer_frames_since >= kPeerFrameWindow) {
      association.peer_frames_since = now;
      association.peer_frames = 0;
    }
  }

  if (frame.size() < wire::kFrameHeaderSize || frame.size() > wire::kMaxFrameSize) return false;
  if (++association.peer_frames <= limit) return true;
  if (!association.up()) parts_.host.End(association, "too many frames before it was verified");
  return false;
}

void Verifier::OnFrame(Association& association, ByteView frame) {
  if (!MayPass(association, frame)) return parts_.env.Count(kDropPeerFrame);

  Bytes copy(frame.begin(), frame.end());
  if (parts_.env.authd.connected())
    Tell(association, std::move(copy));
  else if (association.peer_frames_held.size() < kMaxHeldPeerFrames)
    association.peer_frames_held.push_back(std::move(copy));
  else
    parts_.env.Count(kDropPeerFrame);
}

void Verifier::Tell(const Association& association, Bytes frame) {
  parts_.env.authd.Send(ipc::PeerFrame{.association = association.id(), .frame = std::move(frame)});
}

void Verifier::OnAuthdUp() {
  for (const auto& [id, association] : parts_.associations.All()) {
    if (association->state() == AssociationState::kConnecting ||
        association->state() == AssociationState::kEnding)
      continue;

    // An authd that has just started knows none of them. What is up stays up meanwhile.
    association->reverifying = association->up();
    if (association->outgoing) {
      parts_.env.authd.Send(ipc::PeerStart{.association = id, .peer = association->peer});
    } else if (!association->up() && association->peer_frames_held.empty() &&
               association->peer_frames > 0) {
      // Its handshake died with the earlier authd; the peer begins again at once.
      parts_.host.End(*association, "the handshake was interrupted");
      continue;
    }
    for (Bytes& frame : std::exchange(association->peer_frames_held, {}))
      Tell(*association, std::move(frame));
  }
}

void Verifier::OnPeerFrame(const ipc::PeerFrame& message) {
  Association* association = parts_.associations.FindAlive(message.association);
  if (association == nullptr || association->state() == AssociationState::kConnecting) return;

  // What proves who we are also has the peer take it for the better one.
  Peer* peer = parts_.peers.Find(association->peer);
  if (association->beside && !association->up() && peer != nullptr &&
      !peer->failback().MayTakeOver())
    return parts_.host.End(*association, "what it should replace is in use");
  parts_.sender.SendControl(*association, StreamId(0), message.frame);
}

void Verifier::OnVerifyFailed(const ipc::PeerFailed& verdict) {
  Association* association = parts_.associations.FindAlive(verdict.association);
  if (association == nullptr) return;

  parts_.env.Count(kPeersFailed);
  const std::string text = EscapeForLog(verdict.text);
  Log(LogLevel::kWarning, "peer-not-verified", text,
      {{"PEER", association->label()}, {"ADDRESS", association->address.text()}});
  // A KDC that is away must not end what an earlier authd has verified.
  if (association->up() && association->reverifying) return;
  parts_.host.End(*association, text, {.at_least = kAfterFailedVerdict});
}

Result<Peer*> Verifier::CheckVerdict(const Association& association,
                                     const ipc::PeerVerified& verdict) const {
  Peer* peer = parts_.peers.Find(verdict.peer);
  if (peer == nullptr) return Fail("no peer of that name is configured");
  if (!config::SameNode(peer->config().node, verdict.node))
    return Fail("it is not the node that is configured");
  if (!association.peer.empty() && association.peer != verdict.peer)
    return Fail("another peer answered: " + verdict.peer);
  return peer;
}

void Verifier::OnVerified(const ipc::PeerVerified& verdict) {
  Association* association = parts_.associations.FindAlive(verdict.association);
  if (association == nullptr) return;

  Result<Peer*> peer = CheckVerdict(*association, verdict);
  if (!peer) {
    parts_.env.Count(kPeersFailed);
    return parts_.host.End(*association, peer.error().message, {.at_least = kAfterFailedVerdict});
  }

  association->reverifying = false;
  if (association->up()) {
    association->instance = verdict.instance;
    return;
  }
  if (association->state() != AssociationState::kVerifying) return;
  if ((*peer)->Supersede(*association, verdict.instance, verdict.node))
    BringUp(*association, **peer, verdict);
}

void Verifier::BringUp(Association& association, Peer& peer, const ipc::PeerVerified& verdict) {
  const TimePoint now = parts_.env.now();
  Release(association);
  association.peer = peer.name();
  association.node = verdict.node;
  association.instance = verdict.instance;
  association.deadline.Clear();
  association.verified_at = association.peer_frames_since = association.active = now;
  association.peer_frames = 0;
  association.streams =
      StreamMap(association.stream_count, ParityOf(parts_.env.config.node.name, verdict.node));

  peer.OnServed(association);
  parts_.env.Count(kPeersVerified);
  parts_.env.engine->Trust(association.id());
  parts_.associations.SetState(association, AssociationState::kUp, "");
  peer.OnUsable(association);
  parts_.user.OnAssociationUp(association);
}

}  // namespace funnel::sctpd
