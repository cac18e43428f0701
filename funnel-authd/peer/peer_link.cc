#include "funnel-authd/peer/peer_link.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/authd_messages.h"

namespace funnel::authd {
namespace {

using namespace std::chrono_literals;

// A verified association whose channel was lost opens another one, but not sooner than this.
constexpr Duration kReopen = 1s;

}  // namespace

PeerLink::PeerLink(SharedState& shared, ClientId sctpd, AssociationId association,
                   std::uint64_t instance)
    : shared_(shared),
      sctpd_(sctpd),
      association_(association),
      instance_(instance),
      progress_(association),
      work_(shared.loop, peer_),
      rekeys_({shared_, work_, channel_, peer_}),
      later_(shared.loop) {}

void PeerLink::SetState(State state, const std::string& reason) {
  progress_.SetState(state, peer_, reason);
}

void PeerLink::Send(const wire::FrameHeader& header, ByteView body) {
  shared_.clients.Send(sctpd_, ipc::PeerFrame{association_, wire::MakeFrame(header, body)});
}

void PeerLink::Fail(const std::string& text, Duration delay) {
  work_.BeginAttempt();
  begun_.reset();
  rekeys_.Forget();
  later_.Destroy(std::move(channel_));
  SetState(State::kFailed, text);
  NoteFailure(shared_,
              Failure{.service = std::string(wire::kPeerService),
                      .peer = peer_,
                      .direction = opener_ ? Failure::Direction::kOut : Failure::Direction::kIn,
                      .text = text},
              "peer-not-verified", kPeersFailed);
  later_.Do([this, text] { shared_.clients.Send(sctpd_, ipc::PeerFailed{association_, text}); },
            delay);
}

void PeerLink::OnFrame(Bytes frame) {
  auto header = wire::FrameHeader::Parse(frame);
  if (!header) {
    ++shared_.counters[kPeerFramesDropped];
    return;
  }

  const ByteView body = ByteView(frame).subspan(wire::kFrameHeaderSize);
  if (header->type == wire::FrameType::kOpen)
    return OnOpen(header->channel, Bytes(body.begin(), body.end()));

  const bool ours = header->channel == channel_id_ && state() != State::kIdle;
  // Only the first answer counts: it uses up what we began.
  const bool awaited = ours && state() == State::kOpenSent && begun_;
  if (awaited && header->type == wire::FrameType::kOpened) return OnOpened(body);
  if (awaited && header->type == wire::FrameType::kRefused) return OnRefused(body);
  if (ours && channel_ && header->type == wire::FrameType::kSealed) return channel_->OnFrame(frame);

  if (ours && channel_ && header->type == wire::FrameType::kClosed) {
    auto closed = wire::ClosedBody::Parse(body);
    return channel_->OnClosed(!closed || closed->code != wire::ClosedCode::kDone);
  }

  ++shared_.counters[kPeerFramesDropped];
  // The channel belongs to an earlier authd: CLOSED makes its far end open another one. It is sent
  // once only, so that two ends cannot answer each other for ever.
  if (header->type != wire::FrameType::kSealed || ours || closed_sent_for_ == header->channel)
    return;
  closed_sent_for_ = header->channel;
  Send({.type = wire::FrameType::kClosed, .channel = header->channel},
       wire::ClosedBody{wire::ClosedCode::kAborted}.Serialize());
}

// --- established

void PeerLink::Establish(PeerChannel::Identity identity, Established established) {
  work_.BeginAttempt();
  rekeys_.Forget();
  later_.Cancel();
  later_.Destroy(std::move(channel_));
  SetState(State::kConfirming);

  PeerChannel::Callbacks callbacks;
  callbacks.send = [this](Bytes frame) {
    shared_.clients.Send(sctpd_, ipc::PeerFrame{association_, std::move(frame)});
  };
  // A channel that is over, and waits to be destroyed, is not heard any more.
  auto present = [this, id = identity.id] { return channel_ && channel_->identity().id == id; };
  callbacks.on_hello = [this, present](const wire::HelloBody& hello) {
    if (present()) OnHello(hello);
  };
  callbacks.on_rekey_due = [this, present](Epoch next) {
    if (present()) rekeys_.OnDue(next);
  };
  callbacks.on_rekey_token = [this, present](Epoch next, Bytes token) {
    if (present()) rekeys_.OnToken(next, std::move(token));
  };
  callbacks.on_rekey_refused = [this, present] {
    if (present()) rekeys_.OnRefused();
  };
  callbacks.on_ended = [this, present](const std::string& text) {
    if (present()) OnChannelEnded(text);
  };

  wire::HelloBody hello{.node = shared_.config->node.name, .instance = instance_};
  auto made = PeerChannel::Create(shared_.loop, std::move(identity), std::move(established), hello,
                                  std::move(callbacks));
  if (!made) return Fail(made.error().message);
  channel_ = *std::move(made);
}

void PeerLink::OnHello(const wire::HelloBody& hello) {
  const auto& identity = channel_->identity();
  const config::PeerConfig* peer = FindPeerByPrincipal(*shared_.config, identity.peer_principal,
                                                       identity.local_principal, hello.node);
  if (peer == nullptr || (opener_ && peer->name != peer_))
    return Fail("principal " + identity.peer_principal + " is not configured for node " +
                EscapeForLog(hello.node));

  peer_ = peer->name;
  SetState(State::kVerified);
  ++shared_.counters[kPeersVerified];
  Log(LogLevel::kInfo, "peer-verified", "the association's far end is " + peer->node,
      {{"PEER", peer_}, {"PRINCIPAL", identity.peer_principal}});

  shared_.clients.Send(sctpd_, ipc::PeerVerified{.association = association_,
                                                 .peer = peer_,
                                                 .node = hello.node,
                                                 .instance = hello.instance});
}

void PeerLink::OnChannelEnded(const std::string& text) {
  const bool expired = channel_->expires() <= BootNow();

  // The channel was lost, not refused: what was verified stays so until its ticket ends, and the
  // opener opens again.
  if (state() != State::kVerified || expired || !opener_) {
    if (state() == State::kVerified && !expired) {
      work_.BeginAttempt();
      later_.Destroy(std::move(channel_));
      return SetState(State::kVerified, "the peer's authd has gone: " + text);
    }
    return Fail("the channel ended: " + text);
  }

  work_.BeginAttempt();
  later_.Destroy(std::move(channel_));
  later_.Do([this] { Open(); }, kReopen);
}

void PeerLink::Recheck() {
  if (state() == State::kIdle || state() == State::kFailed) return;
  if (!channel_) {
    if (!peer_.empty() && shared_.config->FindPeer(peer_) == nullptr)
      Fail("peer " + peer_ + " is no longer configured");
    return;
  }
  const config::PeerConfig* peer = shared_.config->FindPeer(peer_);
  const auto& identity = channel_->identity();
  if (peer != nullptr && IsPrincipal(identity.peer_principal, peer->principal) &&
      IsPrincipal(identity.local_principal, peer->identity))
    return;
  Fail("peer " + peer_ + " is no longer configured as " + identity.peer_principal);
}

}  // namespace funnel::authd
