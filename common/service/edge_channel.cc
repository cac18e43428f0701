#include "common/service/edge_channel.h"

#include "common/base/log.h"
#include "common/wire/frame/suite.h"

namespace funnel::service {

Result<std::unique_ptr<EdgeChannel>> EdgeChannel::Create(SharedState& shared,
                                                         std::unique_ptr<ChannelLink> link,
                                                         Setup setup, Owner& owner) {
  if (setup.context.role != static_cast<std::uint8_t>(setup.role))
    return Fail("authd gave a context of the other role");
  ipc::Context context = std::move(setup.context);
  ChannelId id = setup.id;
  std::uint32_t budget = setup.budget;
  setup.context = {};
  setup.context.context = context.context;
  setup.context.local_principal = context.local_principal;
  setup.context.peer_principal = context.peer_principal;
  setup.context.exporter = std::move(context.exporter);
  setup.context.features = context.features;
  setup.context.suite = context.suite;
  setup.context.unproven = context.unproven;
  setup.context.why_not_better = std::move(context.why_not_better);
  std::unique_ptr<EdgeChannel> channel(
      new EdgeChannel(shared, std::move(link), std::move(setup), owner));
  wire::EpochKeys keys = TRY(channel->MakeKeys(Epoch(), context));
  channel->wire_ = std::make_unique<wire::Channel>(
      channel->role_, id, channel->Settings(budget), std::move(keys),
      static_cast<wire::ChannelObserver&>(*channel), Now(), BootNow());
  return channel;
}

EdgeChannel::EdgeChannel(SharedState& shared, std::unique_ptr<ChannelLink> link, Setup&& setup,
                         Owner& owner)
    : shared_(shared),
      owner_(owner),
      role_(setup.role),
      id_(setup.id),
      peer_(std::move(setup.peer)),
      local_principal_(std::move(setup.context.local_principal)),
      remote_principal_(std::move(setup.context.peer_principal)),
      features_(setup.context.features),
      suite_(setup.context.suite),
      unproven_(setup.context.unproven),
      why_not_better_(std::move(setup.context.why_not_better)),
      serial_(++shared.last_serial),
      since_(Now()),
      tracer_(shared.trace, shared.service.name.text() + "/" + std::to_string(serial_)),
      pings_(shared.loop,
             [this](std::uint64_t value) {
               wire_->Ping(value, Now());
               RequestFlush();
             }),
      security_{setup.context.context, std::move(setup.context.exporter)},
      link_(std::move(link)),
      timer_(shared.loop.AddTimer([this] {
        wire_->OnTimer(Now(), BootNow());
        RequestFlush();
      })),
      turn_(shared.loop.AddTurnHook([this] { EndTurn(); })),
      counts_(shared.counters) {}

EdgeChannel::~EdgeChannel() {
  shared_.authd.Cancel(rekey_request_);
  shared_.authd.Cancel(announce_request_);
  if (rekey_handshake_ != 0) shared_.authd.GiveUpHandshake(rekey_handshake_);
  shared_.authd.Release(security_.context);
  if (next_) shared_.authd.Release(next_->context);
}

wire::ChannelSettings EdgeChannel::Settings(std::uint32_t budget) const {
  const config::ServiceConfig& service = shared_.service;
  wire::ChannelSettings settings;
  settings.features = features_;
  if (budget != 0) settings.packet_budget = budget;
  settings.rekey_retry = shared_.rekey_retry;
  settings.max_key_frames = service.key_frames;
  settings.max_key_bytes = service.key_volume_bytes;
  settings.rekey_after_frames = service.key_frames / 2;
  settings.rekey_after_bytes = service.key_volume_bytes / 2;
  settings.confirm_first = unproven_ && role_ == wire::Role::kInitiator;
  settings.confirm_timeout = shared_.confirm_timeout;
  settings.session_window_max = service.session_window_bytes;
  settings.channel_window_max = service.channel_window_bytes;
  bool udp = service.protocol == config::Protocol::kUdp;
  if (!udp) settings.stuck_timeout = service.stuck_timeout;

  // Flows make room for others, and that one has ended is known a round trip later.
  settings.max_sessions = udp ? 2 * std::uint64_t{service.max_flows} : service.max_sessions;
  if (udp) settings.lifetime = service.lifetime;
  return settings;
}

void EdgeChannel::Start() {
  started_ = true;
  link_->set_handler(*this);
  shared_.Count(kChannelsOpened);
  shared_.Count(kChannelsUp);
  if (suite_ == static_cast<std::uint16_t>(wire::Suite::kRfc4121)) shared_.Count(kChannelsInSuite1);

  Log(LogLevel::kInfo, "channel-up", "keys are agreed",
      {{"SERVICE", shared_.service.name.text()},
       {"PEER", peer_},
       {"LOCAL", local_principal_},
       {"REMOTE", remote_principal_},
       {"SUITE", std::to_string(suite_)},
       {"FEATURES", wire::NamesOf(features_)}});

  Note(ipc::NoteState::kOpen, "");
  if (shared_.trace.on()) SetTracing(true);
  shared_.application->OnChannelUp(*this);
  link_->Resume();
  link_->RequestFlush();
}

void EdgeChannel::TraceMessage(SessionId session, std::uint64_t number, const MessageLabel& label) {
  if (!shared_.trace.on() || label.text == nullptr) return;
  std::string text = label.text;
  if (label.number) text += ' ' + std::to_string(*label.number);
  tracer_.OnLabel(session, number, std::move(text));
}

void EdgeChannel::Close(wire::EndCode code, const std::string& text) {
  if (over_) return;
  wire_->Close(code, text);
  RequestFlush();
}

void EdgeChannel::Note(ipc::NoteState state, const std::string& text) {
  noted_ = {state, text};
  if (link_ == nullptr) return;
  link_->SendNote({state, local_principal_, remote_principal_, text, false, told_in_use_, suite_,
                   why_not_better_});
}

// A connection ends with its channel, a UDP flow does not: funnel-sctpd leaves a channel with
// connections on the association it has.
void EdgeChannel::ReportUse() {
  bool in_use =
      shared_.service.protocol == config::Protocol::kTcp && wire_->session_count() > 0 && !over_;
  if (in_use == told_in_use_) return;
  told_in_use_ = in_use;
  Note(noted_.state, std::string(noted_.text));
}

bool EdgeChannel::Carries(config::Protocol what) {
  if (shared_.service.protocol == what) return true;
  const bool datagrams = what == config::Protocol::kUdp;
  const std::string text =
      "this end carries " + std::string(datagrams ? "connections (TCP)" : "datagrams (UDP)") +
      ", the other sends " + (datagrams ? "datagrams (UDP)" : "connections (TCP)");
  Log(LogLevel::kWarning, "channel-failed", text,
      {{"SERVICE", shared_.service.name.text()}, {"PEER", peer_}, {"REMOTE", remote_principal_}});
  shared_.Count(kChannelsFailed);
  Note(ipc::NoteState::kClosing, text);
  Close(wire::EndCode::kProtocol, text);
  return false;
}

void EdgeChannel::OnFrame(const wire::FrameHeader& header, MutableByteView frame) {
  if (over_) return;
  if (header.type != wire::FrameType::kSealed)
    tracer_.OnClear(/*outgoing=*/false, header.type, frame.size());

  switch (header.type) {
    case wire::FrameType::kSealed:
      wire_->OnSealed(frame, Now(), BootNow());
      return;
    case wire::FrameType::kClosed: {
      auto body = wire::ClosedBody::Parse(frame.subspan(wire::kFrameHeaderSize));
      bool abrupt = !body || body->code != wire::ClosedCode::kDone;
      if (body && abrupt) closed_code_ = body->code;
      wire_->OnLinkClosed(abrupt, Now());
      return;
    }
    case wire::FrameType::kRefused:
      // Behind OPENED it is an attempt to cut the channel off.
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
  link_lost_ = true;
  end_.sctpd_gone = loss.sctpd_gone;
  end_.moved = !loss.sctpd_gone && loss.code == ipc::LinkEndCode::kMoved;
  if (end_.text.empty()) end_.text = loss.text;
  if (!over_) wire_->OnLinkClosed(/*abrupt=*/true, Now());
  turn_->Request();
}

void EdgeChannel::OnFlush() {
  if (!over_) {
    ReportUse();  // before the session's first frame
    // The link reports when a full writer has room again.
    if (wire_->Flush(link_->writer(), Now(), BootNow()) == wire::Flushed::kAgain)
      link_->RequestFlush();
    UpdateCounters();
    ArmTimer();
  }
  if (over_) turn_->Request();
}

void EdgeChannel::ArmTimer() { timer_->Arm(wire_->NextTimer()); }

// Nothing of the channel is on the stack here.
void EdgeChannel::EndTurn() {
  if (over_) return Finish();
  // It drains: all is here, and nothing can be sent. So CLOSED is said at once, and its stream is
  // free for the next channel.
  if (wire_->is_draining()) GiveUpLink(wire::ClosedCode::kDone);
  UpdateCounters();
  ArmTimer();
}

void EdgeChannel::UpdateCounters() {
  if (const std::uint64_t stuck = counts_.Take(wire_->stats())) {
    Log(LogLevel::kWarning, "sessions-stuck",
        std::to_string(stuck) + " connections reset: nothing was taken for stuck-timeout",
        {{"SERVICE", shared_.service.name.text()}, {"PEER", peer_}});
  }
  if (link_ != nullptr)
    if (std::uint64_t malformed = link_->TakeMalformed())
      shared_.Count(kFramesMalformed, malformed);
}

void EdgeChannel::OnConfirmed() {
  Log(LogLevel::kDebug, "channel-confirmed", "both ends agree on the handshake",
      {{"SERVICE", shared_.service.name.text()}, {"PEER", peer_}});
}

void EdgeChannel::OnPong(std::uint64_t value, Duration round_trip) {
  pings_.OnPong(value, round_trip);
}
void EdgeChannel::OnSessionOpened(SessionId session, const wire::SessionInfo& info) {
  shared_.application->OnSessionOpened(*this, session, info);
}
void EdgeChannel::OnDatagram(SessionId session, ByteView datagram) {
  if (Carries(config::Protocol::kUdp)) shared_.application->OnDatagram(*this, session, datagram);
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

}  // namespace funnel::service
