// What the owner asks of a channel, and the frames that come of it.
#include "common/wire/channel/channel.h"

#include <utility>

#include "common/wire/frame/open.h"

namespace funnel::wire {

Channel::Channel(Role role, ChannelId id, const ChannelSettings& settings, EpochKeys first,
                 ChannelObserver& observer, TimePoint now, BootTime boot_now)
    : context_{.role = role,
               .id = id,
               .settings = settings,
               .observer = observer,
               .now = now,
               .boot_now = boot_now,
               .stats = {},
               .control = {}},
      life_(now + (settings.confirm_first ? settings.confirm_timeout : settings.missing_timeout)),
      epochs_(std::move(first), boot_now),
      keepalive_(settings.ping_interval, settings.missing_timeout, now),
      sessions_(role, settings.max_sessions),
      stuck_(context_.settings),
      ledger_(context_, sessions_, keepalive_),
      rekeying_(role, context_.settings, epochs_, context_.control),
      sealer_(context_, epochs_),
      scheduler_(ledger_, sealer_),
      send_({context_, life_, sessions_, ledger_, sealer_, scheduler_}),
      ends_({context_, sessions_, ledger_, send_, receive_, stuck_}),
      delivery_({context_, ledger_, receive_, stuck_, ends_}),
      packer_({context_, rekeying_, ledger_, sealer_, scheduler_, send_, ends_}) {}

// --- sessions

Session* Channel::NewSession() {
  if (context_.role != Role::kInitiator || !life_.TakesSessions()) return nullptr;
  Session* session = sessions_.Open();
  if (session != nullptr) ++context_.stats.sessions_opened;
  return session;
}

std::optional<SessionId> Channel::OpenSession(const SessionInfo& info) {
  const Session* session = NewSession();
  if (!session) return std::nullopt;
  ++context_.stats.sessions_opened_by_frame;
  context_.control.Push(OpenSessionRecord{session->id, info});
  return session->id;
}

std::optional<SessionId> Channel::OpenFlow(const SessionInfo& info) {
  Session* session = NewSession();
  if (!session) return std::nullopt;
  session->opening = std::make_unique<Session::Opening>(info);
  return session->id;
}

bool Channel::SendDatagram(SessionId session, ByteView datagram) {
  return send_.AddDatagram(session, datagram, {.lifetime = context_.settings.lifetime});
}

bool Channel::SendDatagram(SessionId session, ByteView datagram, const DatagramTerms& terms) {
  return send_.AddDatagram(session, datagram, terms);
}

std::size_t Channel::SendBytes(SessionId session, ByteView bytes) {
  return send_.AddBytes(session, bytes);
}

MutableByteView Channel::PrepareBytes(SessionId session) { return send_.Prepare(session); }

void Channel::CommitBytes(SessionId session, std::size_t count) { send_.Commit(session, count); }

std::size_t Channel::Writable(SessionId session) const { return send_.Writable(session); }

std::optional<std::uint64_t> Channel::SendMessage(SessionId session, ByteView bytes, Order order,
                                                  std::uint64_t after) {
  return send_.AddMessage(session, bytes, {.order = order, .after = after});
}

std::optional<std::uint64_t> Channel::SendPiece(SessionId session, ByteView bytes, Order order,
                                                std::uint64_t after) {
  return send_.AddMessage(session, bytes, {.order = order, .after = after, .more = true});
}

void Channel::SendFin(SessionId session) { send_.AddFin(session); }

void Channel::ResetSession(SessionId id, EndCode code) {
  SessionTable::Hold hold(sessions_);
  if (Session* session = sessions_.FindOpen(id)) Heed(ends_.Reset(*session, code));
}

void Channel::FinishAndReset(SessionId id) {
  SessionTable::Hold hold(sessions_);
  if (Session* session = sessions_.FindOpen(id)) Heed(ends_.FinishAndReset(*session));
}

void Channel::EndSession(SessionId id) {
  SessionTable::Hold hold(sessions_);
  if (Session* session = sessions_.FindOpen(id)) Heed(ends_.EndFlow(*session));
}

void Channel::Resume(SessionId id) {
  SessionTable::Hold hold(sessions_);
  Session* session = sessions_.FindOpen(id);
  if (!session || !session->output_blocked) return;
  delivery_.Resume(*session);
  CheckFarewell();
}

std::optional<SessionStats> Channel::StatsOf(SessionId id) const {
  const Session* session = sessions_.Find(id);
  if (!session) return std::nullopt;
  return SessionStats{.bytes_sent = session->bytes_sent,
                      .bytes_received = session->bytes_received,
                      .queued_bytes = session->queue.size(),
                      .undelivered_bytes = session->inbox.held_bytes(),
                      .active = session->active};
}

// --- the channel

void Channel::Ping(std::uint64_t value, TimePoint now) {
  context_.now = now;
  if (life_.IsLive()) context_.control.Push(keepalive_.StartOwners(value, now));
}

void Channel::SendHello(ByteView body) {
  if (life_.IsLive() && body.size() <= kMaxTokenSize) context_.control.Push(HelloRecord{body});
}

void Channel::SendModule(const ModuleRecord& module) {
  if (life_.IsLive() && context_.settings.features.Has(Feature::kModules))
    context_.control.Push(module);
}

void Channel::ReportServing(Serving serving) {
  if (!life_.IsLive() || !context_.settings.features.Has(Feature::kServing)) return;
  if (const auto record = serving_.Report(serving)) context_.control.Push(*record);
}

void Channel::StartRekey(ByteView token) {
  if (life_.IsLive()) rekeying_.Start(token, context_.now);
}

void Channel::RekeyFailed() { rekeying_.Fail(context_.now, /*report_to_peer=*/life_.IsLive()); }

void Channel::AnswerRekey(ByteView token, EpochKeys next) {
  if (life_.IsLive()) rekeying_.Answer(token, std::move(next), context_.now, context_.boot_now);
}

void Channel::InstallEpoch(EpochKeys next) {
  if (!life_.IsLive()) return;
  if (EpochState* epoch = rekeying_.Install(std::move(next), context_.boot_now))
    SwitchEpoch(*epoch);
}

void Channel::SwitchEpoch(EpochState& next) {
  rekeying_.SwitchTo(next, context_.now);
  scheduler_.BreakRound();
  context_.observer.OnEpochInUse(next.number);
}

void Channel::DeliverRekeyToken() {
  if (!life_.IsLive()) return;
  const auto token = rekeying_.NextToken();
  if (!token) return Violated(token.error().text);
  if (*token) context_.observer.OnRekeyToken(rekeying_.next(), **token);
}

// --- output

bool Channel::HasControlDue() const {
  return ledger_.HasDue() || sessions_.IsLimitDue() || keepalive_.HasPongsDue();
}

void Channel::CollectControl() {
  ledger_.WriteDue();
  if (sessions_.IsLimitDue()) context_.control.Push(sessions_.ReportLimit());
  keepalive_.WritePongs(context_.control);
}

bool Channel::HoldsBack() const {
  // Even if the channel has ended meanwhile: its end is sealed with the same keys.
  const EpochState& epoch = epochs_.current();
  return context_.settings.confirm_first && epoch.number == Epoch() && !epoch.peer_confirmed;
}

bool Channel::WantsFlush() const {
  if (!life_.Speaks()) return false;
  if (HoldsBack() && sealer_.MustAnnounceEpoch()) return true;
  if (!sealer_.CanSeal() || HoldsBack()) return life_.ours() != nullptr;
  return life_.ours() || packer_.HasAny() || HasControlDue();
}

Flushed Channel::Flush(FrameSink& sink, TimePoint now, BootTime boot_now) {
  SessionTable::Hold hold(sessions_);
  Touch(now, boot_now);
  if (!life_.Speaks()) return Flushed::kAll;
  if (boot_now.since_boot > expires().since_boot + kAfterExpiry) {
    End(EndCode::kExpired, "the security context's life is over", /*clean=*/false);
    return Flushed::kAll;
  }
  if (HoldsBack() && sealer_.MustAnnounceEpoch()) return SendConfirm(sink);
  if (!sealer_.CanSeal() || HoldsBack()) {
    if (const EndState* ours = life_.ours()) End(ours->code, ours->text, /*clean=*/false);
    return Flushed::kAll;
  }

  send_.DropStaleDatagrams();
  if (ledger_.TakeShareReceived()) send_.HeedShare();
  auto sent = FramePacker::Sent::kNothing;
  do {
    // When the sink is full, control records must not pile up: new ones are made when the last ones
    // have left.
    if (context_.control.empty()) CollectControl();
    do {
      sent = SendNext(sink);
    } while (sent == FramePacker::Sent::kFrame);
    // Callbacks that were due while others still waited, or that became due with what went out.
  } while (sent == FramePacker::Sent::kNothing && !life_.IsEnded() && HasControlDue());

  CheckKeyUse();
  NotifyOwner();
  if (sent == FramePacker::Sent::kSinkFull) return Flushed::kSinkFull;
  return WantsFlush() ? Flushed::kAgain : Flushed::kAll;
}

Flushed Channel::SendConfirm(FrameSink& sink) {
  const auto sent = packer_.SendBare(sink);
  if (!sent) {
    End(EndCode::kInternal, sent.error().message, /*clean=*/false);
    return Flushed::kAll;
  }
  if (*sent == FramePacker::Sent::kSinkFull) return Flushed::kSinkFull;
  return WantsFlush() ? Flushed::kAgain : Flushed::kAll;
}

FramePacker::Sent Channel::SendNext(FrameSink& sink) {
  using Sent = FramePacker::Sent;
  if (life_.IsEnded()) return Sent::kNothing;
  auto sent = packer_.SendNext(sink);
  const EndState* ours = life_.ours();
  const bool is_last = sent && *sent == Sent::kNothing && ours && !life_.IsEnded();
  if (is_last) {
    context_.control.Push(FarewellRecord{ours->code, ours->text});
    sent = packer_.SendPacked(sink);
    if (!sent || *sent != Sent::kFrame) context_.control.Clear();
  }

  if (!sent) {
    End(EndCode::kInternal, sent.error().message, /*clean=*/false);
    return Sent::kNothing;
  }
  if (!is_last || *sent != Sent::kFrame) return *sent;
  End(*ours);
  return Sent::kNothing;
}

void Channel::NotifyOwner() {
  send_.NotifyWriters();
  if (sessions_.TakeAvailable() && life_.IsLive()) context_.observer.OnSessionsAvailable();
}

}  // namespace funnel::wire
