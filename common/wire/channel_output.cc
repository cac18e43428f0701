// Frames as they go.
//
// Each frame is one of: packed (control records, then small things of many sessions, at most one
// packet), datagrams (one packet, or one large datagram), bulk (one session, whole packets). A
// round serves every session that has less than a packet waiting, then one bulk session: so a bulk
// session never delays the others on the channel by more than one frame, nor they it.
#include <algorithm>

#include "common/wire/channel_impl.h"
#include "common/wire/frame.h"

namespace funnel::wire {
namespace {

constexpr std::size_t kConfirmRecordSize = 1 + kConfirmSize;
constexpr std::size_t kMaxNewEpochSize = 1 + 2 * kMaxVarintSize;
// Never less room for records than this, whatever the budget says.
constexpr std::size_t kLeastRoom = 256;

std::size_t Rest(std::size_t whole, std::size_t part) {
  return whole > part + kLeastRoom ? whole - part : kLeastRoom;
}

}  // namespace

// --- sizes

std::size_t Channel::Impl::SealOverhead() const {
  return kFrameHeaderSize + epochs_.current().keys.cipher->Overhead();
}

// What a frame takes besides its records (CONFIRM counts as overhead while it is repeated).
std::size_t Channel::Impl::FixedOverhead() const {
  return SealOverhead() + kSealedHeaderSize +
         (epochs_.current().we_are_confirmed ? 0 : kConfirmRecordSize);
}

// Room for records in a frame of one packet.
std::size_t Channel::Impl::SmallRoom() const {
  return Rest(context_.settings.packet_budget, FixedOverhead());
}

// The same of a bulk frame: as many whole packets as bulk_frame allows.
std::size_t Channel::Impl::BulkRoom() const {
  const std::size_t most = std::min(context_.settings.bulk_frame, ChannelSettings::kMaxBulkFrame);
  const std::size_t packets = std::max<std::size_t>(1, most / context_.settings.packet_budget);
  return Rest(packets * context_.settings.packet_budget, FixedOverhead());
}

// A chunk of this size becomes one bulk frame by itself.
std::size_t Channel::Impl::ChunkCapacity(const Session& session) const {
  const std::size_t room = BulkRoom();
  // The number that this chunk will have, give or take: it decides the size of its header.
  const MessageRecord probe{.order = Order::kOrdered,
                            .session = session.id,
                            .number = session.next_number + session.queue.size() / room + 1};
  return room - MessageHeaderSize(probe) - VarintSize(room) + VarintSize(0);
}

// --- frames

bool Channel::Impl::CanSeal() const {
  return context_.role == Role::kInitiator || epochs_.current().peer_confirmed;
}

// Whether the first frame of our epoch has yet to go out: it carries CONFIRM, reliably.
bool Channel::Impl::MustAnnounceEpoch() const { return epochs_.current().next_sequence == 0; }

bool Channel::Impl::WantsFlush() const {
  if (!life_.Speaks()) return false;
  if (!CanSeal()) return life_.ours() != nullptr;
  return MustAnnounceEpoch() || life_.ours() || !context_.control.empty() || !datagrams_.empty() ||
         HasControlDue() || (!ledger_.is_waiting() && (!small_.empty() || !bulk_.empty()));
}

Flushed Channel::Impl::Flush(FrameSink& sink, TimePoint now, BootTime boot_now) {
  SessionTable::Hold hold(sessions_);
  Touch(now, boot_now);
  if (!life_.Speaks()) return Flushed::kAll;
  if (boot_now.since_boot > epochs_.current().keys.expires.since_boot + kAfterExpiry) {
    End(EndCode::kExpired, "the security context's life is over", /*clean=*/false);
    return Flushed::kAll;
  }
  if (!CanSeal()) {
    if (const EndState* ours = life_.ours()) End(ours->code, ours->text, /*clean=*/false);
    return Flushed::kAll;
  }
  if (context_.settings.lifetime.count() > 0)
    context_.stats.datagrams_dropped += datagrams_.DropStale(now, context_.settings.lifetime);
  if (ledger_.TakeShareHeard()) HeedShare();
  Sent sent = Sent::kNothing;
  do {
    // Only when the last ones have gone: a full sink must not pile them up.
    if (context_.control.empty()) CollectControl();
    do {
      sent = SendNext(sink);
    } while (sent == Sent::kFrame);
    // What was due when others still waited, or fell due with what went out.
  } while (sent == Sent::kNothing && !life_.IsEnded() && HasControlDue());
  NotifyWriters();
  NotifySessionsAvailable();
  if (sent == Sent::kSinkFull) return Flushed::kSinkFull;
  return WantsFlush() ? Flushed::kAgain : Flushed::kAll;
}

Channel::Impl::Sent Channel::Impl::SendNext(FrameSink& sink) {
  if (life_.IsEnded()) return Sent::kNothing;
  if (MustAnnounceEpoch() || !context_.control.empty()) return SendPacked(sink);
  if (!datagrams_.empty()) return SendDatagrams(sink);
  while (!ledger_.is_waiting() && (!small_.empty() || !bulk_.empty())) {
    const bool small_turn = !small_.empty() && (small_left_ > 0 || bulk_.empty());
    if (small_turn && small_left_ == 0) small_left_ = small_.size();
    const Sent sent = small_turn ? SendPacked(sink) : SendBulk(sink);
    if (!small_turn) small_left_ = small_.size();
    if (sent != Sent::kNothing) return sent;
  }
  const EndState* ours = life_.ours();
  if (!ours) return Sent::kNothing;
  context_.control.Push(FarewellRecord{ours->code, ours->text});
  const Sent sent = SendPacked(sink);
  if (sent != Sent::kFrame) {
    context_.control.Clear();
    return sent;
  }
  End(*ours);
  return Sent::kNothing;
}

// Starts scratch_ with room for the sealed header, and CONFIRM while the peer may not have seen it.
void Channel::Impl::BeginFrame() {
  scratch_.assign(kSealedHeaderSize, 0);
  if (!epochs_.current().we_are_confirmed)
    AppendRecord(scratch_, ConfirmRecord{epochs_.current().keys.confirm});
}

// Joins what is sealed from where it lies: only who traces pays for that.
void Channel::Impl::TraceOutgoing(const TracedFrame& frame,
                                  std::span<const ByteView> pieces) const {
  Bytes plain;
  for (ByteView piece : pieces) plain.insert(plain.end(), piece.begin(), piece.end());
  context_.tracer->OnTracedFrame(frame, ByteView(plain).subspan(kSealedHeaderSize));
}

// Seals PIECES, the first of which is scratch_, into OUT and commits it.
bool Channel::Impl::SealFrame(FrameSink& sink, MutableByteView out, bool reliable,
                              std::span<const ByteView> pieces) {
  EpochState& epoch = epochs_.current();
  std::size_t plain_size = 0;
  for (ByteView piece : pieces) plain_size += piece.size();
  const std::size_t size = plain_size + SealOverhead();
  const SealedHeader header{.reliable = reliable,
                            .confirmed = epoch.peer_confirmed,
                            .reliable_before = epoch.reliable_sent,
                            .sequence = epoch.next_sequence};
  header.Serialize(std::span(scratch_).first<kSealedHeaderSize>());
  FrameHeader{
      .type = FrameType::kSealed,
      .epoch = epoch.number,
      .channel = context_.id,
      .lifetime_ms = reliable ? 0 : static_cast<std::uint32_t>(context_.settings.lifetime.count())}
      .Serialize(out.first<kFrameHeaderSize>());
  if (context_.tracer != nullptr) {
    TraceOutgoing(
        {.outgoing = true,
         .reliable = reliable,
         .epoch = epoch.number,
         .sequence = epoch.next_sequence,
         .size = plain_size,
         .lifetime_ms =
             reliable ? 0 : static_cast<std::uint32_t>(context_.settings.lifetime.count())},
        pieces);
  }
  const auto sealed = epoch.keys.cipher->Seal(
      epoch.next_sequence, pieces, out.subspan(kFrameHeaderSize, size - kFrameHeaderSize));
  if (!sealed || epoch.reliable_sent == kMaxReliableFrames) {
    End(EndCode::kInternal, sealed ? "an epoch is used up" : sealed.error().message,
        /*clean=*/false);
    return false;
  }
  ++epoch.next_sequence;
  if (reliable) ++epoch.reliable_sent;
  ++epoch.frames;
  epoch.bytes += plain_size;
  ++context_.stats.frames_sent;
  sink.Commit(size);
  return true;
}

Channel::Impl::Sent Channel::Impl::SendPacked(FrameSink& sink) {
  // A single record may be larger than a packet (a token): then the frame is as large as it must
  // be.
  const std::size_t room =
      std::max(SmallRoom(), context_.control.Front().size() + kMaxNewEpochSize);
  const MutableByteView out = sink.Reserve(FixedOverhead() + room);
  if (out.empty()) return Sent::kSinkFull;
  const bool first = MustAnnounceEpoch();
  BeginFrame();
  const std::size_t begin = scratch_.size();
  if (const auto announcement = rekeying_.TakeAnnouncement()) AppendRecord(scratch_, *announcement);
  const std::size_t end = begin + room;
  PackControl(end);
  if (context_.settings.lifetime.count() == 0) PackDatagrams(end);
  if (!ledger_.is_waiting()) PackSmallSessions(end);
  if (scratch_.size() == begin && !first) return Sent::kNothing;
  const ByteView piece(scratch_);
  return SealFrame(sink, out, /*reliable=*/true, {&piece, 1}) ? Sent::kFrame : Sent::kNothing;
}

void Channel::Impl::PackControl(std::size_t end) {
  for (; !context_.control.empty() && scratch_.size() + context_.control.Front().size() <= end;
       context_.control.Pop()) {
    const ByteView record = context_.control.Front();
    scratch_.insert(scratch_.end(), record.begin(), record.end());
  }
}

void Channel::Impl::PackDatagrams(std::size_t end) {
  if (datagrams_.empty() || scratch_.size() + datagrams_.front_size() > end) return;
  const ByteView records = datagrams_.Front(end - scratch_.size());
  scratch_.insert(scratch_.end(), records.begin(), records.end());
  datagrams_.Pop(records.size());
}

Channel::Impl::Sent Channel::Impl::SendDatagrams(FrameSink& sink) {
  const ByteView records = datagrams_.Front(SmallRoom());
  const MutableByteView out = sink.Reserve(FixedOverhead() + records.size());
  if (out.empty()) return Sent::kSinkFull;
  BeginFrame();
  const ByteView pieces[] = {scratch_, records};
  if (!SealFrame(sink, out, context_.settings.lifetime.count() == 0, pieces)) return Sent::kNothing;
  datagrams_.Pop(records.size());
  return Sent::kFrame;
}

}  // namespace funnel::wire
