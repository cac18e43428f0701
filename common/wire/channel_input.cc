// Frames and records as they come.
#include "common/base/secret.h"
#include "common/wire/channel_impl.h"
#include "common/wire/frame.h"

namespace funnel::wire {

void Channel::Impl::OnSealed(MutableByteView frame, TimePoint now, BootTime boot_now) {
  SessionTable::Hold hold(sessions_);
  Touch(now, boot_now);
  // After our own Close() nothing of the peer's matters any more; a farewell being waited for does.
  if (!life_.Listens()) return;
  const auto header = FrameHeader::Parse(frame);
  if (!header || header->type != FrameType::kSealed || header->channel != context_.id) {
    ++context_.stats.forged;
    return TraceDrop({}, frame.size(), "not a sealed frame of this channel");
  }
  EpochState* epoch = epochs_.Find(header->epoch);
  if (!epoch || boot_now.since_boot > epoch->keys.expires.since_boot + kAfterExpiry) {
    ++context_.stats.wrong_epoch;
    return TraceDrop(header->epoch, frame.size(), "wrong epoch");
  }
  Admit(*epoch, frame.subspan(kFrameHeaderSize), header->lifetime_ms);
  CheckEpochs();
  CheckFarewell();
  NotifyWriters();
  NotifySessionsAvailable();
}

void Channel::Impl::TraceDrop(Epoch epoch, std::size_t size, std::string_view why) const {
  if (context_.tracer != nullptr) context_.tracer->OnTracedDrop(epoch, size, why);
}

void Channel::Impl::Admit(EpochState& epoch, MutableByteView token, std::uint32_t lifetime_ms) {
  const auto plaintext = epoch.keys.cipher->Open(token);
  if (!plaintext) {
    ++context_.stats.forged;
    return TraceDrop(epoch.number, token.size(), "forged");
  }
  const auto header = SealedHeader::Parse(*plaintext);
  if (!header) return Violated("sealed header is malformed");
  switch (epoch.arrivals.Admit(*header, context_.now)) {
    case Arrivals::Verdict::kReplay:
      ++context_.stats.replays;
      return TraceDrop(epoch.number, token.size(), "replay");
    case Arrivals::Verdict::kTooOld:
      ++context_.stats.too_old;
      return TraceDrop(epoch.number, token.size(), "too old");
    case Arrivals::Verdict::kTampered:
      return Violated("a reliable frame was taken away");
    case Arrivals::Verdict::kInconsistent:
      return Violated("counts of frames contradict each other");
    case Arrivals::Verdict::kNew:
      break;
  }
  ++context_.stats.frames_received;
  keepalive_.OnFrame(context_.now);
  ++epoch.frames;
  epoch.bytes += plaintext->size();
  if (header->reliable != (lifetime_ms == 0)) ++context_.stats.header_mismatches;
  ByteReader records(ByteView(*plaintext).subspan(kSealedHeaderSize));
  if (context_.tracer != nullptr) {
    context_.tracer->OnTracedFrame({.reliable = header->reliable,
                                    .epoch = epoch.number,
                                    .sequence = header->sequence,
                                    .size = plaintext->size(),
                                    .lifetime_ms = lifetime_ms},
                                   ByteView(*plaintext).subspan(kSealedHeaderSize));
  }
  if (!epoch.peer_confirmed && !CheckConfirm(epoch, records)) return;
  if (header->confirmed) epoch.we_are_confirmed = true;
  HandleRecords(epoch, *header, records);
}

// The first record of every frame is CONFIRM until the peer knows that we have seen it. Nothing is
// acted on before, not even to say farewell: the handshake itself is in doubt.
bool Channel::Impl::CheckConfirm(EpochState& epoch, ByteReader& records) {
  const auto first = ParseRecord(records);
  const auto* confirm = first ? std::get_if<ConfirmRecord>(&*first) : nullptr;
  if (!confirm || !EqualConstantTime(confirm->hash, epoch.keys.confirm)) {
    ++context_.stats.violations;
    End(EndCode::kProtocol, "the two ends disagree about the handshake", /*clean=*/false);
    return false;
  }
  ConfirmEpoch(epoch);
  return !life_.IsEnded();
}

void Channel::Impl::ConfirmEpoch(EpochState& epoch) {
  epoch.peer_confirmed = true;
  if (&epoch != &epochs_.current()) SwitchEpoch(epoch);
  if (!life_.Confirm()) return;
  sessions_.AllowTelling();
  context_.control.Push(keepalive_.StartOwn(0, context_.now));  // for the round trip
  context_.observer.OnConfirmed();
}

bool Channel::Impl::MayExpire(const Record& record) {
  return std::holds_alternative<DatagramRecord>(record) ||
         std::holds_alternative<PingRecord>(record) || std::holds_alternative<PongRecord>(record) ||
         std::holds_alternative<PaddingRecord>(record) ||
         std::holds_alternative<ConfirmRecord>(record) ||
         std::holds_alternative<ShareRecord>(record) ||
         std::holds_alternative<SkippedRecord>(record);
}

void Channel::Impl::HandleRecords(EpochState& epoch, const SealedHeader& header,
                                  ByteReader& records) {
  while (!records.AtEnd()) {
    if (life_.IsEnded() || life_.ours()) return;
    auto record = ParseRecord(records);
    if (!record) return Violated(record.error().message);
    if (!header.reliable && !MayExpire(*record))
      return Violated("a record that must not expire is in a frame that may");
    receiving_ = &epoch;
    receiving_header_ = header;
    std::visit([this](const auto& typed) { Handle(typed); }, *record);
  }
}

void Channel::Impl::Handle(const DatagramRecord& record) {
  Session* session = FindNamed(record.session);
  if (!session || session->IsDiscarding()) {
    ++context_.stats.late_datagrams;
    return;
  }
  if (session->phase == Session::Phase::kOpen) {
    context_.stats.bytes_received += record.bytes.size();
    session->bytes_received += record.bytes.size();
    session->active = context_.now;
    context_.observer.OnDatagram(record.session, record.bytes);
    return;
  }
  auto& early = session->early_datagrams;
  if (!early) early = std::make_unique<std::vector<Bytes>>();
  if (early->size() == kMaxEarlyDatagrams ||
      early_datagram_bytes_ + record.bytes.size() > kMaxEarlyDatagramBytes) {
    ++context_.stats.datagrams_dropped;
    return;
  }
  early_datagram_bytes_ += record.bytes.size();
  early->emplace_back(record.bytes.begin(), record.bytes.end());
}

void Channel::Impl::Handle(const OpenSessionRecord& record) {
  if (context_.role == Role::kInitiator) return Violated("the acceptor opened a session");
  Session* session = FindNamed(record.session);
  if (!session) return;  // it ended before it was announced
  if (session->phase != Session::Phase::kExpected) return Violated("a session was opened twice");
  session->phase = Session::Phase::kOpen;
  if (sessions_.IsOverfull()) {
    AbandonSession(*session, EndCode::kLimit);
    return;
  }
  ++context_.stats.sessions_opened;
  context_.observer.OnSessionOpened(record.session, record.info);
  const auto early = std::exchange(session->early_datagrams, nullptr);
  if (early) {
    for (const Bytes& datagram : *early) {
      early_datagram_bytes_ -= datagram.size();
      if (session->phase != Session::Phase::kOpen) continue;
      context_.stats.bytes_received += datagram.size();
      session->bytes_received += datagram.size();
      context_.observer.OnDatagram(record.session, datagram);
    }
  }
  Pump(*session);
}

void Channel::Impl::Handle(const CreditRecord& record) {
  Session* session = FindNamed(record.session);
  if (!session) return;
  if (!ledger_.OnCredit(*session, record)) return;
  TakeTurn(*session);
  ConsiderWriter(*session);
}

void Channel::Impl::Handle(const ChannelCreditRecord& record) { ledger_.OnChannelCredit(record); }

void Channel::Impl::Handle(const SessionsRecord& record) {
  if (const auto heard = sessions_.OnLimit(record); !heard) Violated(heard.error().text);
}

void Channel::Impl::Handle(const EndSessionRecord& record) {
  Session* session = FindNamed(record.session);
  if (!session) return;
  const bool announced = session->IsOwners();
  Forget(*session);
  if (announced) context_.observer.OnSessionReset(record.session, EndCode::kNone);
}

void Channel::Impl::Handle(const ResetRecord& record) {
  Session* session = FindNamed(record.session);
  if (!session) return;
  const ReceiveCredit& credit = session->receive_credit;
  if (session->peer_reset) return;
  if (record.final_charge < credit.received() || record.final_charge > credit.limit())
    return Violated("a reset session's final charge is impossible");
  const bool awaited =
      session->phase == Session::Phase::kOpen || session->phase == Session::Phase::kExpected;
  if (awaited && record.code == EndCode::kBroken && record.final_charge > credit.consumed())
    return DeferReset(*session, record);
  if (const auto settled = ledger_.Settle(*session, record.final_charge); !settled)
    return Violated(settled.error().text);
  const bool announced = session->IsOwners();
  // Our own RESET, if it was us who began, is on its way already.
  if (session->phase != Session::Phase::kReset)
    context_.control.Push(ResetRecord{record.session, record.code, session->send_credit.spent()});
  Forget(*session);
  if (!announced) return;
  ++context_.stats.sessions_reset;
  context_.observer.OnSessionReset(record.session, record.code);
}

// A connection that was reset: its peer's kernel would let what came before be read.
void Channel::Impl::DeferReset(Session& session, const ResetRecord& record) {
  session.peer_reset = {record.code, record.final_charge};
  context_.control.Push(ResetRecord{record.session, record.code, session.send_credit.spent()});
  DropOutput(session);
  session.stuck_since = {};
  WatchForStuck(context_.settings.closed_wait);
}

void Channel::Impl::Handle(const PingRecord& record) { keepalive_.OnPing(record); }

void Channel::Impl::Handle(const PongRecord& record) {
  if (const auto pong = keepalive_.OnPong(record, context_.now))
    context_.observer.OnPong(pong->value, pong->round_trip);
}

void Channel::Impl::Handle(const ConfirmRecord& record) {
  if (!EqualConstantTime(record.hash, receiving_->keys.confirm))
    Violated("CONFIRM differs from the first one");
}

void Channel::Impl::Handle(const FarewellRecord& record) {
  // It is the last frame of its epoch, and of the channel.
  if (life_.HasFarewell() ||
      !receiving_->arrivals.SetEnd(receiving_header_.sequence + 1,
                                   receiving_header_.reliable_before + 1, context_.now))
    return Violated("a farewell before the end");
  life_.HearFarewell(record.code, record.text);
}

void Channel::Impl::Handle(const ShareRecord& record) { ledger_.OnShare(record); }

void Channel::Impl::Handle(const HelloRecord& record) {
  if (!context_.observer.OnHello(record.body)) Violated("HELLO on a channel that has none");
}

}  // namespace funnel::wire
