// PeerLink: the handshakes, as initiator and as acceptor.
#include "common/base/log.h"
#include "common/base/random.h"
#include "funnel-authd/peer/peer_link.h"
#include "funnel-authd/suites.h"

namespace funnel::authd {
namespace {

using namespace std::chrono_literals;

// How long a REFUSED gets to leave before we make sctpd end the association.
constexpr Duration kRefusalLeaves = 1s;

}  // namespace

// --- as initiator

void PeerLink::Start(const std::string& peer) {
  if (shared_.config->FindPeer(peer) == nullptr) return Fail("no peer " + peer + " is configured");
  peer_ = peer;
  opener_ = true;
  if (state() == State::kIdle || state() == State::kFailed) Open();
}

void PeerLink::Open() {
  const config::PeerConfig* peer = shared_.config->FindPeer(peer_);
  if (peer == nullptr) return Fail("peer " + peer_ + " is no longer configured");
  work_.BeginAttempt();
  SetState(State::kOpening);
  const InitiateRule rule = RuleForPeer(*shared_.config, *peer);
  const bool queued = work_.Run<Result<BegunOpen>>(
      shared_.initiate_pool,
      [credentials = shared_.credentials, rule] { return BeginOpen(*credentials, rule); },
      [this](Result<BegunOpen> begun) { OnBegun(std::move(begun)); });
  if (!queued) Fail("too many handshakes");
}

void PeerLink::OnBegun(Result<BegunOpen> begun) {
  if (!begun) return Fail(begun.error().message);
  ++shared_.counters[kInitiated];
  begun_ = *std::move(begun);
  channel_id_ = ChannelId(static_cast<std::uint32_t>(RandomU64()));
  SetState(State::kOpenSent);
  Send({.type = wire::FrameType::kOpen, .channel = channel_id_}, begun_->open_body);
}

void PeerLink::OnOpened(ByteView body) {
  BegunOpen begun = *std::exchange(begun_, std::nullopt);
  const bool queued = work_.Run<Result<Established>>(
      shared_.accept_pool,
      [begun = std::move(begun), opened = Bytes(body.begin(), body.end())]() mutable {
        return FinishOpen(begun, opened);
      },
      [this](Result<Established> established) { OnFinished(std::move(established)); });
  if (!queued) Fail("too many handshakes");
}

void PeerLink::OnFinished(Result<Established> established) {
  const config::PeerConfig* peer = shared_.config->FindPeer(peer_);
  if (peer == nullptr) return Fail("peer " + peer_ + " is no longer configured");
  if (!established) return Fail(established.error().message);
  ++shared_.counters[kCompleted];
  const InitiateRule rule = RuleForPeer(*shared_.config, *peer);
  Establish({.role = wire::Role::kInitiator,
             .id = channel_id_,
             .local_principal = rule.identity,
             .peer_principal = rule.expect},
            *std::move(established));
}

void PeerLink::OnRefused(ByteView body) {
  const PeerRefusal refusal = ReadRefusal(*begun_, body);
  const config::PeerConfig* peer = shared_.config->FindPeer(peer_);
  if (refusal.doubts_ticket && peer != nullptr)
    shared_.credentials->Doubt(peer->identity.text(), Now());
  ++shared_.counters[kRefusedByPeer];
  Fail(refusal.text);
}

// --- as acceptor

void PeerLink::OnOpen(ChannelId channel, const Bytes& body) {
  auto open = wire::OpenBody::Parse(body);
  if (!open || open->service != wire::kPeerService)
    return Refuse(
        channel, RefuseUnauthenticated(wire::RefusalCode::kRefused), "",
        open ? "stream 0 is for " + std::string(wire::kPeerService) : open.error().message);

  const auto suites = UsableSuites(shared_.config->node.peer_suites);
  if (auto fit = CheckOpen(*shared_.config, *open, suites); !fit)
    return Refuse(channel, RefuseUnauthenticated(fit.error().code), "", fit.error().text);
  const config::PeerConfig* peer = shared_.config->FindPeer(peer_);
  const bool ours_is_on_its_way = state() == State::kOpening || state() == State::kOpenSent;
  // The names are compared as the two OPENs spell them, so that both ends decide the same.
  if (ours_is_on_its_way && peer != nullptr && open->target < peer->node) return;

  // Where a peer opens again, its newest OPEN counts: the work for the older ones is dropped when
  // done.
  const auto accept = shared_.peer_accepts.Begin(
      peer_.empty() ? "association " + std::to_string(association_.value()) : "peer " + peer_,
      peer_.empty() ? Shares::Standing::kStranger : Shares::Standing::kKnown);
  if (!accept) {
    ++shared_.counters[kBusy];
    Log(LogLevel::kWarning, "handshake-refused", "too many handshakes of peers are in work",
        {{"PEER", peer_}});
    return Send({.type = wire::FrameType::kRefused, .channel = channel},
                RefuseUnauthenticated(wire::RefusalCode::kBusy));
  }

  // Until the new channel is accepted, this authd keeps what it has of an earlier one.
  work_.BeginAttempt();
  begun_.reset();
  if (!channel_) SetState(State::kAccepting);
  const bool queued = work_.Run<Result<gss::Acceptance>>(
      shared_.accept_pool,
      [credentials = shared_.credentials, body] { return AcceptOpen(*credentials, "", body); },
      [this, channel, body](Result<gss::Acceptance> acceptance) {
        OnAccepted(channel, body, std::move(acceptance));
      },
      [&shared = shared_, accept = *accept] { shared.peer_accepts.End(accept); });
  if (queued) return;
  shared_.peer_accepts.End(*accept);
  Refuse(channel, RefuseUnauthenticated(wire::RefusalCode::kBusy), "", "too many handshakes");
}

void PeerLink::OnAccepted(ChannelId channel, const Bytes& open_body,
                          Result<gss::Acceptance> acceptance) {
  if (!acceptance)
    return Refuse(channel, RefuseUnauthenticated(wire::RefusalCode::kRefused), "",
                  acceptance.error().message);
  const std::string initiator = acceptance->initiator(), acceptor = acceptance->acceptor();

  const config::PeerConfig* peer =
      FindPeerByPrincipal(*shared_.config, initiator, acceptor, /*node=*/"");
  const bool other_peer = peer != nullptr && opener_ && peer->name != peer_;
  if (peer == nullptr || other_peer) {
    const std::string why =
        "no peer is configured as principal " + initiator + " towards " + acceptor;
    return Refuse(channel, RefuseAuthenticated(*acceptance, why), initiator, why);
  }

  const bool queued = work_.Run<Result<ConcludedOpen>>(
      shared_.accept_pool,
      [acceptance = *std::move(acceptance), open_body,
       terms = AcceptorTerms{.features = kPeerFeatures,
                             .suites = UsableSuites(shared_.config->node.peer_suites)}]() mutable {
        return ConcludeOpen(acceptance, open_body, terms);
      },
      [this,
       identity = PeerChannel::Identity{.role = wire::Role::kAcceptor,
                                        .id = channel,
                                        .local_principal = acceptor,
                                        .peer_principal = initiator},
       name = peer->name](Result<ConcludedOpen> concluded) {
        OnConcluded(identity, name, std::move(concluded));
      });
  if (!queued)
    Refuse(channel, RefuseUnauthenticated(wire::RefusalCode::kBusy), initiator,
           "too many handshakes");
}

void PeerLink::OnConcluded(PeerChannel::Identity identity, const std::string& peer,
                           Result<ConcludedOpen> concluded) {
  if (!concluded)
    return Refuse(identity.id, RefuseUnauthenticated(wire::RefusalCode::kRefused),
                  identity.peer_principal, concluded.error().message);
  ++shared_.counters[kAccepted];
  peer_ = peer;
  channel_id_ = identity.id;
  Send({.type = wire::FrameType::kOpened, .channel = identity.id}, concluded->opened_body);
  Establish(std::move(identity), std::move(concluded->established));
}

void PeerLink::Refuse(ChannelId channel, Bytes refused_body, const std::string& principal,
                      const std::string& why) {
  ++shared_.counters[kRefusedByUs];
  Send({.type = wire::FrameType::kRefused, .channel = channel}, refused_body);
  // A live channel does not end because somebody sent a bad OPEN.
  if (channel_) return;
  Fail(principal.empty() ? why : why + " (the peer is " + principal + ")", kRefusalLeaves);
}

}  // namespace funnel::authd
