#include "funnel-sctpd/association/verifier.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/config/names.h"
#include "common/wire/frame/frame.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// A handshake needs four frames in each direction; more than that is not honest.
constexpr AuthdFrames::Limit kUnverifiedLimit{.frames = 32, .within = Duration::max()};
// There are a few renewals in an hour.
constexpr AuthdFrames::Limit kVerifiedLimit{.frames = 64, .within = 10s};
// After a verdict against a peer: the next one would cost the KDC and both authds the same again.
constexpr Duration kAfterFailedVerdict = 1s;

Admission::Limits LimitsOf(const config::Configuration& config) {
  return {config.node.sctp.unverified_associations, config.node.sctp.unverified_per_address};
}

}  // namespace

Verifier::Verifier(const Parts& parts) : parts_(parts), admission_(LimitsOf(parts.shared.config)) {}

void Verifier::Configure() { admission_.SetLimits(LimitsOf(parts_.shared.config)); }

void Verifier::OnKnownHosts(const std::vector<sctp::TransportAddress>& hosts) {
  admission_.SetKnownHosts(hosts, parts_.peers.size());
}

void Verifier::LetIn(Association& association, const sctp::UpInfo& info) {
  if (!parts_.shared.config.node.sctp.accept)
    return parts_.host.End(association, "this node accepts no associations");

  auto slot = admission_.Admit(info.peer);
  if (!slot) {
    parts_.shared.Count(kAssociationsLimited);
    return parts_.host.End(association, "too many associations that are not verified");
  }
  association.SetState(Association::Verifying{.slot = std::move(*slot), .frames = {}}, "");
  Await(association, info);
}

void Verifier::Begin(Association& association, const sctp::UpInfo& info) {
  parts_.associations.SetState(association, Association::Verifying{}, "");
  Await(association, info);
  parts_.shared.authd.Send(
      ipc::PeerStart{.association = association.id(), .peer = association.peer});
}

void Verifier::Await(Association& association, const sctp::UpInfo& info) {
  association.address = info.peer;
  association.carrier = info.carrier;
  association.stream_count = info.streams;
  parts_.associations.SetDeadline(
      association, parts_.shared.now() + parts_.shared.config.node.sctp.verify_timeout);
  UpdateGauge();
}

void Verifier::UpdateGauge() {
  parts_.shared.counters[kAssociationsUnverified] = admission_.count();
}

void Verifier::OnTimeout(Association& association) {
  parts_.shared.Count(kVerifyTimeouts);
  if (Peer* peer = parts_.peers.Find(association.peer)) peer->OnVerifyTimeout(association);
  parts_.host.End(association, "not verified in time");
}

bool Verifier::MayPass(Association& association, ByteView frame) {
  AuthdFrames* frames = association.authd_frames();
  if (frames == nullptr) return false;
  if (frame.size() < wire::kFrameHeaderSize || frame.size() > wire::kMaxFrameSize) return false;

  const auto& limit = association.up() ? kVerifiedLimit : kUnverifiedLimit;
  if (frames->Admit(limit, parts_.shared.now())) return true;
  if (!association.up()) parts_.host.End(association, "too many frames before it was verified");
  return false;
}

void Verifier::OnFrame(Association& association, ByteView frame) {
  if (!MayPass(association, frame)) return parts_.shared.Count(kDropPeerFrame);

  Bytes copy(frame.begin(), frame.end());
  if (parts_.shared.authd.connected())
    PassOn(association, std::move(copy));
  else if (!association.authd_frames()->Hold(std::move(copy)))
    parts_.shared.Count(kDropPeerFrame);
}

void Verifier::PassOn(const Association& association, Bytes frame) {
  parts_.shared.authd.Send(
      ipc::PeerFrame{.association = association.id(), .frame = std::move(frame)});
}

void Verifier::OnAuthdUp() {
  for (const auto& [id, association] : parts_.associations.All()) {
    AuthdFrames* frames = association->authd_frames();
    if (frames == nullptr) continue;

    // An authd that has just started knows no association. What is up stays up meanwhile.
    if (Association::Up* up = association->verified()) up->reverifying = true;
    if (association->outgoing()) {
      parts_.shared.authd.Send(ipc::PeerStart{.association = id, .peer = association->peer});
    } else if (!association->up() && frames->handed_over()) {
      // Its handshake was lost with the earlier authd; the peer begins again at once.
      parts_.host.End(*association, "the handshake was interrupted");
      continue;
    }
    for (Bytes& frame : frames->TakeHeld()) PassOn(*association, std::move(frame));
  }
}

void Verifier::OnPeerFrame(const ipc::PeerFrame& message) {
  Association* association = parts_.associations.FindAlive(message.association);
  if (association == nullptr || association->state() == AssociationState::kConnecting) return;

  // The frame that proves who we are also makes the peer take this association for the better one.
  Peer* peer = parts_.peers.Find(association->peer);
  if (association->replaces() && peer != nullptr && !peer->failback().MayTakeOver())
    return parts_.host.End(*association, "what it should replace is in use");
  parts_.sender.SendControl(*association, StreamId(0), message.frame);
}

void Verifier::OnVerifyFailed(const ipc::PeerFailed& verdict) {
  Association* association = parts_.associations.FindAlive(verdict.association);
  if (association == nullptr) return;

  parts_.shared.Count(kPeersFailed);
  const std::string text = EscapeForLog(verdict.text);
  Log(LogLevel::kWarning, "peer-not-verified", text,
      {{"PEER", association->label()}, {"ADDRESS", association->address.text()}});
  // If a KDC is away, that must not end what an earlier authd has verified.
  if (association->up() && association->verified()->reverifying) return;
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
    parts_.shared.Count(kPeersFailed);
    return parts_.host.End(*association, peer.error().message, {.at_least = kAfterFailedVerdict});
  }

  if (Association::Up* up = association->verified()) {
    up->reverifying = false;
    up->instance = verdict.instance;
    return;
  }
  if (association->state() != AssociationState::kVerifying) return;
  if ((*peer)->Supersede(*association, verdict.instance, verdict.node))
    BringUp(*association, **peer, verdict);
}

void Verifier::BringUp(Association& association, Peer& peer, const ipc::PeerVerified& verdict) {
  const TimePoint now = parts_.shared.now();
  association.peer = peer.name();
  association.deadline.Clear();
  association.active = now;
  association.streams =
      StreamMap(association.stream_count, ParityOf(parts_.shared.config.node.name, verdict.node));

  Association::Up up{.node = verdict.node,
                     .instance = verdict.instance,
                     .verified_at = now,
                     .frames = std::move(*association.authd_frames())};
  up.frames.Restart(now);

  peer.OnServed(association);
  parts_.shared.Count(kPeersVerified);
  parts_.shared.engine->Trust(association.id());
  parts_.associations.SetState(association, std::move(up), "");
  UpdateGauge();
  peer.OnUsable(association);
  parts_.user.OnAssociationUp(association);
}

}  // namespace funnel::sctpd
