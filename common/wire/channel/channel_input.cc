// Frames and records as they come.
#include <utility>

#include "common/base/secret.h"
#include "common/wire/channel/channel.h"
#include "common/wire/frame/frame.h"
#include "common/wire/frame/may_expire.h"
#include "common/wire/frame/session_info.h"

namespace funnel::wire {

// --- frames

void Channel::OnSealed(MutableByteView frame, TimePoint now, BootTime boot_now) {
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
  CheckKeyUse();
  NotifyOwner();
}

void Channel::TraceDrop(Epoch epoch, std::size_t size, std::string_view why) const {
  if (context_.tracer != nullptr) context_.tracer->OnTracedDrop(epoch, size, why);
}

void Channel::Admit(EpochState& epoch, MutableByteView token, std::uint32_t lifetime_ms) {
  ChannelStats& stats = context_.stats;
  const auto clear_sequence = epoch.keys.cipher->ClearSequence(token);
  const auto plaintext = epoch.keys.cipher->Open(token);
  if (!plaintext) {
    ++stats.forged;
    return TraceDrop(epoch.number, token.size(), "forged");
  }
  const auto header = SealedHeader::Parse(*plaintext);
  if (!header) return Violated("sealed header is malformed");
  if (clear_sequence && *clear_sequence != header->sequence)
    return Violated("the clear and the sealed sequence differ");

  switch (epoch.arrivals.Admit(*header, context_.now)) {
    case Arrivals::Verdict::kReplay:
      ++stats.replays;
      return TraceDrop(epoch.number, token.size(), "replay");
    case Arrivals::Verdict::kTooOld:
      ++stats.too_old;
      return TraceDrop(epoch.number, token.size(), "too old");
    case Arrivals::Verdict::kTampered:
      return Violated("a reliable frame was taken away");
    case Arrivals::Verdict::kInconsistent:
      return Violated("counts of frames contradict each other");
    case Arrivals::Verdict::kNew:
      break;
  }

  ++stats.frames_received;
  keepalive_.OnFrame(context_.now);
  ++epoch.frames;
  epoch.bytes += plaintext->size();
  if (header->reliable != (lifetime_ms == 0)) ++stats.header_mismatches;
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

// The first record of every frame is CONFIRM until the peer knows that we have seen it. Before that
// nothing takes effect, not even a farewell: the handshake itself is in doubt.
bool Channel::CheckConfirm(EpochState& epoch, ByteReader& records) {
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

void Channel::ConfirmEpoch(EpochState& epoch) {
  epoch.peer_confirmed = true;
  if (&epoch != &epochs_.current()) SwitchEpoch(epoch);
  if (!life_.Confirm()) return;
  sessions_.AllowTelling();
  context_.control.Push(keepalive_.StartOwn(0, context_.now));  // for the round trip
  context_.observer.OnConfirmed();
}

// --- records

class Channel::Records {
 public:
  // For the records of a frame with HEADER in EPOCH.
  Records(Channel& channel, EpochState& epoch, const SealedHeader& header)
      : channel_(channel), epoch_(epoch), header_(header) {}

  Checked<> operator()(const PaddingRecord&) { return {}; }
  Checked<> operator()(const SkippedRecord&) { return {}; }

  Checked<> operator()(const DatagramRecord& record) {
    channel_.delivery_.OnDatagram(TRY(Find(record.session)), record.bytes, TakeMark());
    return {};
  }

  Checked<> operator()(const MessageRecord& record) {
    Session* session = TRY(Find(record.session));
    return session ? channel_.delivery_.OnMessage(*session, record) : Checked<>();
  }

  Checked<> operator()(const OpenSessionRecord& record) {
    Session* session = TRY(FindOpened(record.session));
    if (!session) return {};  // it ended before it was announced
    if (session->phase == Session::Phase::kExpected)
      return Open(*session, record.info, channel_.context_.stats.sessions_opened_by_frame);
    if (!Has(Feature::kOpenings)) return Violates("a session was opened twice");
    ++channel_.context_.stats.openings_repeated;
    return {};
  }

  Checked<> operator()(const OpeningRecord& record) {
    if (!Has(Feature::kOpenings)) return Violates("OPENING was not agreed on");
    Session* session = TRY(FindOpened(record.session));
    if (session && session->phase == Session::Phase::kExpected)
      TRY(Open(*session, record.info, channel_.context_.stats.sessions_opened_by_datagram));
    else
      ++channel_.context_.stats.openings_repeated;
    channel_.delivery_.OnDatagram(session, record.bytes, TakeMark());
    return {};
  }

  Checked<> operator()(const CreditRecord& record) {
    Session* session = TRY(Find(record.session));
    if (session && channel_.ledger_.OnCredit(*session, record)) channel_.send_.CreditRose(*session);
    return {};
  }

  Checked<> operator()(const ChannelCreditRecord& record) {
    channel_.ledger_.OnChannelCredit(record);
    return {};
  }

  Checked<> operator()(const SessionsRecord& record) { return channel_.sessions_.OnLimit(record); }

  Checked<> operator()(const ResetRecord& record) {
    Session* session = TRY(Find(record.session));
    return session ? channel_.ends_.OnReset(*session, record) : Checked<>();
  }

  Checked<> operator()(const EndSessionRecord& record) {
    if (Session* session = TRY(Find(record.session))) channel_.ends_.OnEndSession(*session);
    return {};
  }

  Checked<> operator()(const PingRecord& record) {
    channel_.keepalive_.OnPing(record);
    return {};
  }

  Checked<> operator()(const PongRecord& record) {
    if (channel_.send_.OnPong(record)) return {};
    const auto pong = channel_.keepalive_.OnPong(record, channel_.context_.now);
    if (pong) channel_.context_.observer.OnPong(pong->value, pong->round_trip);
    return {};
  }

  Checked<> operator()(const ConfirmRecord& record) {
    if (EqualConstantTime(record.hash, epoch_.keys.confirm)) return {};
    return Violates("CONFIRM differs from the first one");
  }

  Checked<> operator()(const RekeyRecord& record) {
    switch (TRY(channel_.rekeying_.OnRekey(record, epoch_, channel_.context_.now))) {
      case Rekeying::Received::kNothing:
        break;
      case Rekeying::Received::kAsked:
        channel_.DeliverRekeyToken();
        break;
      case Rekeying::Received::kToken:
        channel_.context_.observer.OnRekeyToken(channel_.rekeying_.next(), record.token);
        break;
      case Rekeying::Received::kRefused:
        channel_.context_.observer.OnRekeyRefused();
        break;
    }
    return {};
  }

  Checked<> operator()(const NewEpochRecord& record) {
    if (channel_.epochs_.SetEndBefore(epoch_.number, record, channel_.context_.now)) return {};
    return Violates("the end of the old epoch contradicts what came of it");
  }

  Checked<> operator()(const FarewellRecord& record) {
    // It is the last frame of its epoch, and of the channel.
    if (channel_.life_.HasFarewell() ||
        !epoch_.arrivals.SetEnd(header_.sequence + 1, header_.reliable_before + 1,
                                channel_.context_.now))
      return Violates("a farewell before the end");
    channel_.life_.OnFarewell(record.code, record.text);
    return {};
  }

  Checked<> operator()(const HelloRecord& record) {
    if (channel_.context_.observer.OnHello(record.body)) return {};
    return Violates("HELLO on a channel that has none");
  }

  Checked<> operator()(const ShareRecord& record) {
    channel_.ledger_.OnShare(record);
    return {};
  }

  Checked<> operator()(const ModuleRecord& record) {
    if (!Has(Feature::kModules)) return Violates("MODULE was not agreed on");
    if (channel_.context_.observer.OnModule(record)) return {};
    return Violates("MODULE came twice");
  }

  Checked<> operator()(const MarkRecord& record) {
    mark_ = record.dscp;
    return {};
  }

  Checked<> operator()(const ServingRecord& record) {
    if (!Has(Feature::kServing)) return Violates("SERVING was not agreed on");
    if (channel_.context_.role == Role::kAcceptor) return Violates("the initiator sent SERVING");
    if (channel_.serving_.OnServing(record)) channel_.context_.observer.OnServing();
    return {};
  }

 private:
  [[nodiscard]] Checked<Session*> Find(SessionId id) { return channel_.sessions_.FindNamed(id); }
  // The one that a record of the peer's opens.
  [[nodiscard]] Checked<Session*> FindOpened(SessionId id) {
    if (channel_.context_.role == Role::kInitiator)
      return Violates("the acceptor opened a session");
    return Find(id);
  }
  [[nodiscard]] bool Has(Feature feature) const {
    return channel_.context_.settings.features.Has(feature);
  }
  // SESSION is expected. COUNT: by what it was opened.
  Checked<> Open(Session& session, const SessionInfo& info, std::uint64_t& count) {
    TRY(CheckSessionInfo(info, channel_.context_.settings.features));
    if (channel_.sessions_.IsOverfull()) return channel_.ends_.Reset(session, EndCode::kLimit);
    ++count;
    channel_.delivery_.Open(session, info);
    return {};
  }

  [[nodiscard]] std::uint8_t TakeMark() { return std::exchange(mark_, std::uint8_t{0}); }

  Channel& channel_;
  EpochState& epoch_;
  const SealedHeader& header_;
  std::uint8_t mark_ = 0;  // of the frame's next datagram
};

void Channel::HandleRecords(EpochState& epoch, const SealedHeader& header, ByteReader& records) {
  Records handler(*this, epoch, header);
  while (!records.AtEnd()) {
    if (life_.IsEnded() || life_.ours()) return;
    const auto record = ParseRecord(records);
    if (!record) return Violated(record.error().message);
    if (!header.reliable && !MayExpire(*record))
      return Violated("a record that must not expire is in a frame that may");
    Heed(std::visit(handler, *record));
  }
}

}  // namespace funnel::wire
