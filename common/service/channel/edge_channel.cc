#include "common/service/channel/edge_channel.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/service/channel/channel_settings.h"
#include "common/service/channel/linger.h"

namespace funnel::service {
namespace {

ChannelIdentity IdentityOf(EdgeChannel::Setup& setup, std::uint64_t serial) {
  return {.role = setup.role,
          .id = setup.id,
          .peer = std::move(setup.peer),
          .local_principal = setup.context.local_principal,
          .remote_principal = setup.context.peer_principal,
          .features = wire::Features(setup.context.features),
          .suite = setup.context.suite,
          .why_not_better = setup.context.why_not_better,
          .unproven = setup.context.unproven,
          .serial = serial,
          .since = Now()};
}

}  // namespace

Result<std::unique_ptr<EdgeChannel>> EdgeChannel::Create(SharedState& shared,
                                                         std::unique_ptr<ChannelLink> link,
                                                         Setup setup, Owner& owner) {
  if (setup.context.role != static_cast<std::uint8_t>(setup.role))
    return Fail("authd gave a context of the other role");
  std::unique_ptr<EdgeChannel> channel(new EdgeChannel(
      shared, std::move(link), IdentityOf(setup, ++shared.last_serial), setup.context, owner));
  wire::EpochKeys keys = TRY(channel->security_.MakeKeys(Epoch(), setup.context));
  const ChannelIdentity& identity = channel->identity_;
  channel->wire_ = std::make_unique<wire::Channel>(
      identity.role, identity.id,
      SettingsOf(shared.service, shared.rekey_retry, shared.confirm_timeout, identity,
                 setup.budget),
      std::move(keys), static_cast<wire::ChannelObserver&>(*channel), Now(), BootNow());
  return channel;
}

EdgeChannel::EdgeChannel(SharedState& shared, std::unique_ptr<ChannelLink> link,
                         ChannelIdentity identity, const ipc::Context& context, Owner& owner)
    : shared_(shared),
      owner_(owner),
      identity_(std::move(identity)),
      tracer_(shared.trace, shared.service.name.text() + "/" + std::to_string(identity_.serial)),
      pings_(shared.loop,
             [this](std::uint64_t value) {
               wire_->Ping(value, Now());
               RequestFlush();
             }),
      security_(shared, identity_, context.context, context.exporter.Clone(),
                static_cast<ChannelSecurity::User&>(*this)),
      notes_(identity_),
      counts_(shared.counters),
      modules_(shared.service, shared.application->module_name(), identity_, shared.counters),
      link_(std::move(link)),
      timer_(shared.loop.AddTimer([this] {
        wire_->OnTimer(Now(), BootNow());
        RequestFlush();
      })),
      turn_(shared.loop.AddTurnHook([this] { EndTurn(); })) {}

void EdgeChannel::Start() {
  link_->set_handler(*this);
  shared_.Count(kChannelsOpened);
  shared_.Count(kChannelsUp);
  if (identity_.is_suite_1()) shared_.Count(kChannelsInSuite1);

  Log(LogLevel::kInfo, "channel-up", "keys are agreed",
      {{"SERVICE", shared_.service.name.text()},
       {"PEER", identity_.peer},
       {"LOCAL", identity_.local_principal},
       {"REMOTE", identity_.remote_principal},
       {"SUITE", std::to_string(identity_.suite)},
       {"FEATURES", wire::NamesOf(identity_.features)}});

  Note(ipc::NoteState::kOpen, "");
  if (shared_.trace.on()) SetTracing(true);
  wire_->SendModule(modules_.Ours());
  RequireKind();
  shared_.application->OnChannelUp(*this);
  link_->Resume();
  link_->RequestFlush();
}

void EdgeChannel::TraceLabel(SessionId session, std::optional<std::uint64_t> number,
                             const MessageLabel& label) {
  if (!shared_.trace.on() || label.text == nullptr) return;
  std::string text = label.text;
  if (label.number) text += ' ' + std::to_string(*label.number);
  tracer_.OnLabel(session, number, std::move(text));
}

void EdgeChannel::Close(wire::EndCode code, const std::string& text) {
  if (ending_.over()) return;
  wire_->Close(code, text);
  RequestFlush();
}

void EdgeChannel::Note(ipc::NoteState state, const std::string& text) {
  const ipc::Note note = notes_.Note(state, text);
  if (link_ != nullptr) link_->SendNote(note);
}

void EdgeChannel::ReportUse() {
  const bool in_use = config::HasConnections(shared_.service.protocol) &&
                      wire_->session_count() > 0 && !ending_.over();
  const auto note = notes_.SetInUse(in_use);
  if (note && link_ != nullptr) link_->SendNote(*note);
}

void EdgeChannel::OnFrame(const wire::FrameHeader& header, MutableByteView frame) {
  if (ending_.over()) return;
  if (header.type != wire::FrameType::kSealed)
    tracer_.OnClear(/*outgoing=*/false, header.type, frame.size());

  switch (header.type) {
    case wire::FrameType::kSealed:
      wire_->OnSealed(frame, Now(), BootNow());
      return;
    case wire::FrameType::kClosed: {
      auto body = wire::ClosedBody::Parse(frame.subspan(wire::kFrameHeaderSize));
      bool abrupt = !body || body->code != wire::ClosedCode::kDone;
      if (body && abrupt) ending_.OnClosed(body->code);
      wire_->OnLinkClosed(abrupt, Now());
      return;
    }
    case wire::FrameType::kRefused:
      // If it comes after OPENED, it is an attempt to cut the channel off.
      wire_->OnLinkClosed(/*abrupt=*/true, Now());
      return;
    case wire::FrameType::kLinkUp:
      return;
    case wire::FrameType::kOpen:
    case wire::FrameType::kOpened:
    case wire::FrameType::kLinkEnd:
    case wire::FrameType::kNote:
      shared_.Count(kFramesMalformed);
      return;
  }
}

void EdgeChannel::OnLinkLost(const LinkLoss& loss) {
  ending_.OnLinkLost(loss);
  if (!ending_.over()) wire_->OnLinkClosed(/*abrupt=*/true, Now());
  turn_->Request();
}

void EdgeChannel::OnFlush() {
  if (!ending_.over()) {
    ReportUse();  // before the session's first frame
    // The link reports when a full writer has room again.
    if (wire_->Flush(link_->writer(), Now(), BootNow()) == wire::Flushed::kAgain)
      link_->RequestFlush();
    UpdateCounters();
    ArmTimer();
  }
  if (ending_.over()) turn_->Request();
}

// No call of the channel is on the stack here.
void EdgeChannel::EndTurn() {
  if (ending_.over()) return Finish();
  // While it drains, all input has arrived and nothing can be sent. So CLOSED is sent at once, and
  // the stream is free for the next channel.
  if (wire_->is_draining()) GiveUpLink(wire::ClosedCode::kDone);
  UpdateCounters();
  ArmTimer();
}

void EdgeChannel::GiveUpLink(wire::ClosedCode code) {
  if (link_ == nullptr) return;
  if (ending_.link_lost()) return link_.reset();
  const Bytes body = wire::ClosedBody{code}.Serialize();
  tracer_.OnClear(/*outgoing=*/true, wire::FrameType::kClosed,
                  wire::kFrameHeaderSize + body.size());
  link_->Send(wire::FrameType::kClosed, identity_.id, body);
  shared_.linger.Add(std::move(link_));
}

void EdgeChannel::Finish() {
  UpdateCounters();
  timer_->Disarm();
  const ChannelEnd end = ending_.end();
  Log(end.clean ? LogLevel::kInfo : LogLevel::kWarning,
      end.clean ? "channel-ended" : "channel-truncated", ending_.Text(),
      {{"SERVICE", shared_.service.name.text()},
       {"PEER", identity_.peer},
       {"REMOTE", identity_.remote_principal}});

  shared_.Count(end.clean ? kChannelsEnded : kChannelsTruncated);
  shared_.counters[kChannelsUp] -= 1;
  if (identity_.is_suite_1()) shared_.counters[kChannelsInSuite1] -= 1;
  pings_.FailAll("the channel ended");
  shared_.application->OnChannelDown(*this, end.code, end.clean);
  GiveUpLink(end.clean ? wire::ClosedCode::kDone : wire::ClosedCode::kAborted);
  // The owner destroys this channel, and may read how it ended after that.
  owner_.OnChannelOver(*this, end);
}

void EdgeChannel::UpdateCounters() {
  if (const std::uint64_t stuck = counts_.Take(wire_->stats())) {
    Log(LogLevel::kWarning, "sessions-stuck",
        std::to_string(stuck) + " connections reset: nothing was taken for stuck-timeout",
        {{"SERVICE", shared_.service.name.text()}, {"PEER", identity_.peer}});
  }
  if (link_ != nullptr)
    if (std::uint64_t malformed = link_->TakeMalformed())
      shared_.Count(kFramesMalformed, malformed);
}

void EdgeChannel::OnConfirmed() {
  Log(LogLevel::kDebug, "channel-confirmed", "both ends agree on the handshake",
      {{"SERVICE", shared_.service.name.text()}, {"PEER", identity_.peer}});
  shared_.application->OnChannelChanged(*this);
}

void EdgeChannel::OnSessionOpened(SessionId session, const wire::SessionInfo& info) {
  shared_.application->OnSessionOpened(*this, session, info);
}
void EdgeChannel::OnMarkedDatagram(SessionId session, ByteView datagram, std::uint8_t dscp) {
  if (Carries(config::Protocol::kUdp))
    shared_.application->OnDatagram(*this, session, {datagram, dscp});
}
std::size_t EdgeChannel::OnMessage(SessionId session, ByteView bytes) {
  if (!Carries(config::Protocol::kTcp)) return bytes.size();
  return shared_.application->OnMessage(*this, session, bytes);
}
void EdgeChannel::OnFin(SessionId session) { shared_.application->OnFin(*this, session); }
void EdgeChannel::OnSessionReset(SessionId session, wire::EndCode code) {
  shared_.application->OnSessionReset(*this, session, code);
}
void EdgeChannel::OnWritable(SessionId session) {
  shared_.application->OnWritable(*this, session);
  RequestFlush();
}
void EdgeChannel::OnSessionsAvailable() { shared_.application->OnSessionsAvailable(*this); }

void EdgeChannel::OnDraining(wire::EndCode code) {
  turn_->Request();
  shared_.application->OnChannelChanged(*this);
  owner_.OnChannelDraining(*this, code);
}

void EdgeChannel::OnEnded(wire::EndCode code, const std::string& text, bool clean) {
  ending_.OnEnded(code, text, clean);
  security_.OnChannelOver();
  turn_->Request();
}

void EdgeChannel::StartRekey(ByteView token) {
  wire_->StartRekey(token);
  RequestFlush();
}

void EdgeChannel::UseKeys(wire::EpochKeys keys, ByteView reply) {
  if (identity_.role == wire::Role::kAcceptor)
    wire_->AnswerRekey(reply, std::move(keys));
  else
    wire_->InstallEpoch(std::move(keys));
  RequestFlush();
}

void EdgeChannel::OnRekeyFailed() {
  wire_->RekeyFailed();
  RequestFlush();
}

void EdgeChannel::OnRevoked(const std::string& reason) {
  if (ending_.over()) return;
  shared_.Count(kChannelsRevoked);
  Log(LogLevel::kWarning, "channel-revoked", EscapeForLog(reason),
      {{"SERVICE", shared_.service.name.text()},
       {"PEER", identity_.peer},
       {"REMOTE", identity_.remote_principal}});
  Note(ipc::NoteState::kClosing, reason);
  Close(wire::EndCode::kRevoked, "the access rule no longer holds");
}

}  // namespace funnel::service
