#include "common/service/channel/channel_security.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/wire/frame/open.h"

namespace funnel::service {
namespace {

constexpr std::size_t kHashSize = 32;

}  // namespace

ChannelSecurity::ChannelSecurity(SharedState& shared, const ChannelIdentity& identity,
                                 std::uint64_t context, Secret exporter, User& user)
    : shared_(shared),
      identity_(identity),
      user_(user),
      present_{.number = context, .exporter = std::move(exporter)} {}

ChannelSecurity::~ChannelSecurity() {
  shared_.authd.Cancel(rekey_);
  shared_.authd.Cancel(announcement_);
  if (handshake_ != 0) shared_.authd.GiveUpHandshake(handshake_);
  shared_.authd.Release(present_.number);
  if (next_) shared_.authd.Release(next_->number);
}

Result<wire::EpochKeys> ChannelSecurity::MakeKeys(Epoch epoch, const ipc::Context& context) {
  if (context.confirm.size() != kHashSize) return Fail("authd gave a context without its hash");
  wire::EpochKeys keys;
  const seal::FrameKeys frame_keys{.suite = context.suite,
                                   .enctype = context.enctype,
                                   .key = context.key.view(),
                                   .our_role = identity_.role,
                                   .channel = identity_.id,
                                   .epoch = epoch};
  keys.cipher = TRY(shared_.make_cipher(frame_keys));
  shared_.key_log.Add(frame_keys);
  keys.confirm = context.confirm;
  keys.expires = context.expires;
  enctype_ = context.enctype;
  return keys;
}

void ChannelSecurity::OnRekeyDue(Epoch next) {
  if (rekey_ != 0) return;
  rekey_epoch_ = next;
  ipc::Initiate initiate;
  initiate.service = shared_.service.name;
  initiate.rekey_of = present_.number;
  initiate.epoch = next;
  rekey_ = shared_.authd.Ask(std::move(initiate), [this](AuthdClient::Answer answer) {
    rekey_ = 0;
    if (auto* opening = std::get_if<ipc::Opening>(&answer)) return OnOpening(*opening);
    FailRekey(answer);
  });
}

void ChannelSecurity::OnOpening(const ipc::Opening& opening) {
  handshake_ = opening.handshake;
  if (!over_) user_.StartRekey(opening.open_body);
}

void ChannelSecurity::OnRekeyToken(Epoch next, ByteView token) {
  if (rekey_ != 0) return;
  rekey_epoch_ = next;
  auto done = [this](AuthdClient::Answer answer) {
    rekey_ = 0;
    handshake_ = 0;
    if (auto* context = std::get_if<ipc::Context>(&answer)) return OnContext(std::move(*context));
    FailRekey(answer);
  };

  Bytes copy(token.begin(), token.end());
  if (identity_.role == wire::Role::kAcceptor)
    rekey_ = shared_.authd.Ask(ipc::AcceptRekey{0, present_.number, next, std::move(copy)},
                               std::move(done));
  else
    rekey_ = shared_.authd.Ask(ipc::Complete{0, handshake_, std::move(copy)}, std::move(done));
}

// The acceptor may have new keys: authd gets a new ticket before the next try.
void ChannelSecurity::OnRekeyRefused() {
  constexpr std::string_view kWhy = "the far end refuses it";
  LogFailure(kWhy);
  const wire::RefusedBody refused{.text = std::string(kWhy)};
  if (handshake_ != 0)
    shared_.authd.GiveUpHandshake(std::exchange(handshake_, 0), refused.Serialize());
}

void ChannelSecurity::OnContext(ipc::Context context) {
  const bool same = context.local_principal == identity_.local_principal &&
                    context.peer_principal == identity_.remote_principal &&
                    context.role == static_cast<std::uint8_t>(identity_.role) &&
                    context.suite == identity_.suite;
  auto keys = MakeKeys(rekey_epoch_, context);
  if (over_ || !same || !keys) {
    shared_.authd.Release(context.context);
    return FailRekey(!same  ? "its principals or its suite are others"
                     : keys ? ""
                            : keys.error().message);
  }

  // The initiator asks again, so it could not use the former answer.
  if (next_) shared_.authd.Release(next_->number);
  next_ = Context{context.context, std::move(context.exporter)};
  user_.UseKeys(std::move(*keys), context.reply_token);
}

// An acceptor's answer may be of no use to the initiator (whose authd may have restarted): so the
// former context is kept, and rekeys are bound to it, until the initiator seals with new keys.
void ChannelSecurity::OnEpochInUse() {
  if (!next_) return;
  shared_.authd.Release(present_.number);
  present_ = *std::exchange(next_, std::nullopt);
  shared_.Count(kRekeys);
  if (present_.number == 0) Announce();
}

void ChannelSecurity::FailRekey(const AuthdClient::Answer& answer) {
  const auto* failure = std::get_if<AuthdClient::Failure>(&answer);
  FailRekey(failure != nullptr ? failure->text : "an answer that does not fit");
}

void ChannelSecurity::FailRekey(const std::string& why) {
  if (over_) return;
  LogFailure(why);
  if (handshake_ != 0) shared_.authd.GiveUpHandshake(std::exchange(handshake_, 0));
  user_.OnRekeyFailed();
}

void ChannelSecurity::LogFailure(std::string_view why) {
  shared_.Count(kRekeysFailed);
  Log(LogLevel::kWarning, "rekey-failed", EscapeForLog(why),
      {{"SERVICE", shared_.service.name.text()}, {"PEER", identity_.peer}});
}

void ChannelSecurity::Announce() {
  shared_.authd.Cancel(announcement_);
  ipc::Announce announce;
  announce.service = shared_.service.name;
  announce.role = static_cast<std::uint8_t>(identity_.role);
  announce.local_principal = identity_.local_principal;
  announce.peer_principal = identity_.remote_principal;
  announce.exporter = present_.exporter.Clone();
  announce.suite = identity_.suite;

  // The new authd does not know these; a context that is not in use yet is announced when it is.
  present_.number = 0;
  if (next_) next_->number = 0;
  handshake_ = 0;

  announcement_ = shared_.authd.Ask(std::move(announce), [this](AuthdClient::Answer answer) {
    announcement_ = 0;
    if (auto* announced = std::get_if<ipc::Announced>(&answer)) {
      present_.number = announced->context;
      return;
    }
    auto* failure = std::get_if<AuthdClient::Failure>(&answer);
    // If authd was lost again, its next start gets an announcement, too.
    if (failure == nullptr || failure->authd_lost) return;
    if (!over_) user_.OnRevoked(failure->text);
  });
}

}  // namespace funnel::service
