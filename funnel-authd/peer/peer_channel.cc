#include "funnel-authd/peer/peer_channel.h"

#include "common/seal/frame_cipher.h"

namespace funnel::authd {
namespace {

// The channel carries control records only, so each limit is the smallest there is.
wire::ChannelSettings PeerSettings(const Established& first) {
  wire::ChannelSettings settings;
  settings.confirm_first = first.unproven;
  settings.max_sessions = 0;
  settings.session_window_max = 0;
  settings.channel_window_max = 0;
  return settings;
}

Epoch Before(Epoch epoch) { return Epoch(static_cast<Epoch::rep>(epoch.value() - 1)); }

}  // namespace

PeerChannel::PeerChannel(event::Loop& loop, Identity identity, Callbacks callbacks)
    : identity_(std::move(identity)), callbacks_(std::move(callbacks)) {
  timer_ = loop.AddTimer([this] {
    channel_->OnTimer(Now(), BootNow());
    Flush();
  });
}

PeerChannel::~PeerChannel() = default;

Result<std::unique_ptr<PeerChannel>> PeerChannel::Create(event::Loop& loop, Identity identity,
                                                         Established first,
                                                         const wire::HelloBody& our_hello,
                                                         Callbacks callbacks) {
  std::unique_ptr<PeerChannel> made(
      new PeerChannel(loop, std::move(identity), std::move(callbacks)));
  made->suite_ = first.suite;
  made->why_not_better_ = first.why_not_better;
  wire::EpochKeys keys = TRY(made->KeysOf(Epoch(), first));
  wire::ChannelObserver& observer = *made;
  made->channel_ =
      std::make_unique<wire::Channel>(made->identity_.role, made->identity_.id, PeerSettings(first),
                                      std::move(keys), observer, Now(), BootNow());
  made->channel_->SendHello(our_hello.Serialize());
  made->Flush();
  return made;
}

Result<wire::EpochKeys> PeerChannel::KeysOf(Epoch epoch, Established& established) {
  wire::EpochKeys keys;
  keys.cipher = TRY(seal::MakeFrameCipher({.suite = established.suite,
                                           .enctype = established.enctype,
                                           .key = established.key.view(),
                                           .our_role = identity_.role,
                                           .channel = identity_.id,
                                           .epoch = epoch}));
  keys.confirm = established.confirm;
  keys.expires = established.expires;
  exporters_.insert_or_assign(epoch, std::move(established.exporter));
  return keys;
}

void PeerChannel::Flush() {
  // This sink is never full, so each round sends something.
  while (channel_->Flush(*this, Now(), BootNow()) == wire::Flushed::kAgain) continue;
  timer_->Arm(channel_->NextTimer());
}

void PeerChannel::OnFrame(MutableByteView frame) {
  channel_->OnSealed(frame, Now(), BootNow());
  Flush();
}

void PeerChannel::OnClosed(bool abrupt) {
  channel_->OnLinkClosed(abrupt, Now());
  Flush();
}

void PeerChannel::StartRekey(ByteView token) {
  channel_->StartRekey(token);
  Flush();
}

void PeerChannel::AnswerRekey(ByteView token, Established next) {
  auto keys = KeysOf(rekey_to_, next);
  if (!keys) return RekeyFailed();
  channel_->AnswerRekey(token, *std::move(keys));
  Flush();
}

void PeerChannel::InstallEpoch(Established next) {
  auto keys = KeysOf(rekey_to_, next);
  if (!keys) return RekeyFailed();
  channel_->InstallEpoch(*std::move(keys));
  Flush();
}

void PeerChannel::RekeyFailed() {
  channel_->RekeyFailed();
  Flush();
}

void PeerChannel::Close(wire::EndCode code, const std::string& text) {
  channel_->Close(code, text);
  Flush();
}

void PeerChannel::OnSessionOpened(SessionId session, const wire::SessionInfo&) {
  channel_->ResetSession(session, wire::EndCode::kProtocol);
}

// A message for the epoch NEXT shows that its sender uses the one before: older ones are over.
void PeerChannel::BeginRekeyTo(Epoch next) {
  rekey_to_ = next;
  exporters_.erase(exporters_.begin(), exporters_.lower_bound(Before(next)));
}

Secret PeerChannel::ExporterBefore(Epoch next) const {
  auto found = exporters_.find(Before(next));
  return found == exporters_.end() ? Secret() : found->second.Clone();
}

void PeerChannel::OnRekeyDue(Epoch next) {
  BeginRekeyTo(next);
  callbacks_.on_rekey_due(next);
}

void PeerChannel::OnRekeyToken(Epoch next, ByteView token) {
  BeginRekeyTo(next);
  callbacks_.on_rekey_token(next, Bytes(token.begin(), token.end()));
}

bool PeerChannel::OnHello(ByteView body) {
  auto hello = wire::HelloBody::Parse(body);
  if (!hello) return false;
  callbacks_.on_hello(*hello);
  return true;
}

void PeerChannel::OnEnded(wire::EndCode code, const std::string& text, bool) {
  callbacks_.on_ended(text.empty() ? std::string(wire::EndCodeText(code)) : text);
}

MutableByteView PeerChannel::Reserve(std::size_t size) {
  outgoing_.resize(size);
  return outgoing_;
}

void PeerChannel::Commit(std::size_t size) {
  outgoing_.resize(size);
  callbacks_.send(std::exchange(outgoing_, {}));
}

}  // namespace funnel::authd
