// EdgeChannel: its security context at authd - keys, rekeying, announcing, revocation.
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/service/edge_channel.h"
#include "common/wire/frame/open.h"

namespace funnel::service {
namespace {

constexpr std::size_t kHashSize = 32;

}  // namespace

Result<wire::EpochKeys> EdgeChannel::MakeKeys(Epoch epoch, const ipc::Context& context) {
  if (context.confirm.size() != kHashSize) return Fail("authd gave a context without its hash");
  wire::EpochKeys keys;
  const seal::FrameKeys frame_keys{.suite = context.suite,
                                   .enctype = context.enctype,
                                   .key = context.key.view(),
                                   .our_role = role_,
                                   .channel = id_,
                                   .epoch = epoch};
  keys.cipher = TRY(shared_.make_cipher(frame_keys));
  shared_.key_log.Add(frame_keys);
  keys.confirm = context.confirm;
  keys.expires = context.expires;
  enctype_ = context.enctype;
  return keys;
}

void EdgeChannel::OnRekeyDue(Epoch next) {
  if (rekey_request_ != 0) return;
  rekey_epoch_ = next;
  ipc::Initiate initiate;
  initiate.service = shared_.service.name;
  initiate.rekey_of = security_.context;
  initiate.epoch = next;
  rekey_request_ = shared_.authd.Ask(std::move(initiate), [this](AuthdClient::Answer answer) {
    rekey_request_ = 0;
    if (auto* opening = std::get_if<ipc::Opening>(&answer)) return OnRekeyOpening(*opening);
    auto* failure = std::get_if<AuthdClient::Failure>(&answer);
    RekeyFailed(failure != nullptr ? failure->text : "an answer that does not fit");
  });
}

void EdgeChannel::OnRekeyOpening(const ipc::Opening& opening) {
  rekey_handshake_ = opening.handshake;
  if (over_) return;
  wire_->StartRekey(opening.open_body);
  RequestFlush();
}

void EdgeChannel::OnRekeyToken(Epoch next, ByteView token) {
  if (rekey_request_ != 0) return;
  rekey_epoch_ = next;
  auto done = [this](AuthdClient::Answer answer) {
    rekey_request_ = 0;
    rekey_handshake_ = 0;
    if (auto* context = std::get_if<ipc::Context>(&answer))
      return OnRekeyContext(std::move(*context));
    auto* failure = std::get_if<AuthdClient::Failure>(&answer);
    RekeyFailed(failure != nullptr ? failure->text : "an answer that does not fit");
  };

  Bytes copy(token.begin(), token.end());
  if (role_ == wire::Role::kAcceptor)
    rekey_request_ = shared_.authd.Ask(
        ipc::AcceptRekey{0, security_.context, next, std::move(copy)}, std::move(done));
  else
    rekey_request_ =
        shared_.authd.Ask(ipc::Complete{0, rekey_handshake_, std::move(copy)}, std::move(done));
}

// Its acceptor may have new keys: authd gets a new ticket before the next try.
void EdgeChannel::OnRekeyRefused() {
  constexpr std::string_view kWhy = "the far end refuses it";
  shared_.Count(kRekeysFailed);
  Log(LogLevel::kWarning, "rekey-failed", kWhy,
      {{"SERVICE", shared_.service.name.text()}, {"PEER", peer_}});
  const wire::RefusedBody refused{.text = std::string(kWhy)};
  if (rekey_handshake_ != 0)
    shared_.authd.GiveUpHandshake(std::exchange(rekey_handshake_, 0), refused.Serialize());
}

void EdgeChannel::OnRekeyContext(ipc::Context context) {
  bool same = context.local_principal == local_principal_ &&
              context.peer_principal == remote_principal_ &&
              context.role == static_cast<std::uint8_t>(role_) && context.suite == suite_;
  auto keys = MakeKeys(rekey_epoch_, context);
  if (over_ || !same || !keys) {
    shared_.authd.Release(context.context);
    return RekeyFailed(!same  ? "its principals or its suite are others"
                       : keys ? ""
                              : keys.error().message);
  }

  // The initiator could not use what was answered before, or it would not have asked again.
  if (next_) shared_.authd.Release(next_->context);
  next_ = Security{context.context, std::move(context.exporter)};
  if (role_ == wire::Role::kAcceptor)
    wire_->AnswerRekey(context.reply_token, std::move(*keys));
  else
    wire_->InstallEpoch(std::move(*keys));

  RequestFlush();
}

// An acceptor's answer may be of no use to the initiator (its authd has restarted meanwhile): so
// the former context lives on, and rekeys are bound to it, until the initiator seals with new keys.
void EdgeChannel::OnEpochInUse(Epoch) {
  if (!next_) return;
  shared_.authd.Release(security_.context);
  security_ = *std::exchange(next_, std::nullopt);
  shared_.Count(kRekeys);
  if (security_.context == 0) Announce();
}

void EdgeChannel::RekeyFailed(const std::string& why) {
  if (over_) return;
  shared_.Count(kRekeysFailed);
  Log(LogLevel::kWarning, "rekey-failed", EscapeForLog(why),
      {{"SERVICE", shared_.service.name.text()}, {"PEER", peer_}});
  if (rekey_handshake_ != 0) shared_.authd.GiveUpHandshake(std::exchange(rekey_handshake_, 0));
  wire_->RekeyFailed();
  RequestFlush();
}

void EdgeChannel::Announce() {
  shared_.authd.Cancel(announce_request_);
  ipc::Announce announce;
  announce.service = shared_.service.name;
  announce.role = static_cast<std::uint8_t>(role_);
  announce.local_principal = local_principal_;
  announce.peer_principal = remote_principal_;
  announce.exporter = security_.exporter.Clone();
  announce.suite = suite_;

  // authd knows nothing of these any more; what is not in use yet is announced when it is.
  security_.context = 0;
  if (next_) next_->context = 0;
  rekey_handshake_ = 0;

  announce_request_ = shared_.authd.Ask(std::move(announce), [this](AuthdClient::Answer answer) {
    announce_request_ = 0;
    if (auto* announced = std::get_if<ipc::Announced>(&answer)) {
      security_.context = announced->context;
      return;
    }
    auto* failure = std::get_if<AuthdClient::Failure>(&answer);
    // Lost again: the next start is announced to as well.
    if (failure == nullptr || failure->authd_lost) return;
    OnRevoked(failure->text);
  });
}

void EdgeChannel::OnRevoked(const std::string& reason) {
  if (over_) return;
  shared_.Count(kChannelsRevoked);
  Log(LogLevel::kWarning, "channel-revoked", EscapeForLog(reason),
      {{"SERVICE", shared_.service.name.text()}, {"PEER", peer_}, {"REMOTE", remote_principal_}});
  Note(ipc::NoteState::kClosing, reason);
  Close(wire::EndCode::kRevoked, "the access rule no longer holds");
}

}  // namespace funnel::service
