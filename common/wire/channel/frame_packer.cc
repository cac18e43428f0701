#include "common/wire/channel/frame_packer.h"

#include <algorithm>

namespace funnel::wire {
namespace {

constexpr std::size_t kMaxNewEpochSize = 1 + 2 * kMaxVarintSize;
// The pieces of a bulk frame: the head, and chunks that are sealed from where they lie.
constexpr std::size_t kMaxPieces = 8;
constexpr std::chrono::milliseconds kReliable{0};

void CountMessage(Order order, ChannelStats& stats) {
  switch (order) {
    case Order::kFree:
      ++stats.messages_free;
      return;
    case Order::kOrdered:
      ++stats.messages_ordered;
      return;
    case Order::kFollows:
      ++stats.messages_follows;
      return;
    case Order::kAfterAll:
      ++stats.messages_after_all;
      return;
  }
}

}  // namespace

bool FramePacker::HasAny() const {
  return parts_.sealer.MustAnnounceEpoch() || !parts_.context.control.empty() ||
         !parts_.send.datagrams().empty() ||
         (!parts_.ledger.is_waiting() && parts_.scheduler.HasAny());
}

Result<FramePacker::Sent> FramePacker::SendNext(FrameSink& sink) {
  if (parts_.sealer.MustAnnounceEpoch() || !parts_.context.control.empty()) return SendPacked(sink);
  // One that was behind others may be too old.
  parts_.send.DropStaleDatagrams();
  if (!parts_.send.datagrams().empty()) return SendDatagrams(sink);

  while (!parts_.ledger.is_waiting()) {
    const Session::Turn turn = parts_.scheduler.Next();
    if (turn == Session::Turn::kNone) return Sent::kNothing;
    const bool bulk = turn == Session::Turn::kBulk;
    const Sent sent = TRY(bulk ? SendBulk(sink) : SendPacked(sink));
    if (bulk) parts_.scheduler.BeginRound();
    if (sent != Sent::kNothing) return sent;
  }
  return Sent::kNothing;
}

Result<FramePacker::Sent> FramePacker::SendBare(FrameSink& sink) {
  FrameSealer& sealer = parts_.sealer;
  const MutableByteView out = sink.Reserve(sealer.FixedOverhead());
  if (out.empty()) return Sent::kSinkFull;
  sealer.Begin();
  const ByteView piece(sealer.plain());
  TRY(sealer.Seal(sink, out, kReliable, {&piece, 1}));
  return Sent::kFrame;
}

// --- packed

Result<FramePacker::Sent> FramePacker::SendPacked(FrameSink& sink) {
  FrameSealer& sealer = parts_.sealer;
  // A single record may be larger than a packet (a token): then the frame is as large as it must
  // be.
  const std::size_t room =
      std::max(sealer.SmallRoom(), parts_.context.control.Front().size() + kMaxNewEpochSize);
  const MutableByteView out = sink.Reserve(sealer.FixedOverhead() + room);
  if (out.empty()) return Sent::kSinkFull;

  const bool first = sealer.MustAnnounceEpoch();
  sealer.Begin();
  const std::size_t begin = sealer.plain().size();
  const std::size_t end = begin + room;
  if (const auto announcement = parts_.rekeying.TakeAnnouncement())
    AppendRecord(sealer.plain(), *announcement);
  PackControl(end);
  PackReliableDatagrams(end);
  if (!parts_.ledger.is_waiting()) PackSmallSessions(end);
  if (sealer.plain().size() == begin && !first) return Sent::kNothing;

  const ByteView piece(sealer.plain());
  TRY(sealer.Seal(sink, out, kReliable, {&piece, 1}));
  return Sent::kFrame;
}

void FramePacker::PackControl(std::size_t end) {
  RecordQueue& control = parts_.context.control;
  Bytes& plain = parts_.sealer.plain();
  for (; !control.empty() && plain.size() + control.Front().size() <= end; control.Pop()) {
    const ByteView record = control.Front();
    plain.insert(plain.end(), record.begin(), record.end());
  }
}

void FramePacker::PackReliableDatagrams(std::size_t end) {
  DatagramQueue& datagrams = parts_.send.datagrams();
  Bytes& plain = parts_.sealer.plain();
  if (datagrams.empty() || datagrams.front_lifetime() != kReliable ||
      plain.size() + datagrams.front_size() > end)
    return;
  const ByteView records = datagrams.Front(end - plain.size());
  plain.insert(plain.end(), records.begin(), records.end());
  datagrams.Pop(records.size());
}

void FramePacker::PackSmallSessions(std::size_t end) {
  Scheduler& scheduler = parts_.scheduler;
  while (Session* session = scheduler.NextSmall()) {
    bool packed = false;
    while (session->turn == Session::Turn::kSmall && PackOne(*session, end)) packed = true;
    if (session->turn != Session::Turn::kSmall) {
      scheduler.SmallServed();
      continue;
    }
    // More than fits, or credit is short.
    if (packed) scheduler.SmallYields(*session);
    return;
  }
}

bool FramePacker::PackOne(Session& session, std::size_t end) {
  Bytes& plain = parts_.sealer.plain();
  const std::size_t room = end > plain.size() ? end - plain.size() : 0;
  const std::size_t pending = parts_.scheduler.Pending(session);
  if (room < kMaxMessageHeader + pending ||
      !parts_.ledger.Allows(Scheduler::LeastOf(session, pending)))
    return false;

  const MessageRecord record = NextMessage(session, room, pending);
  std::uint8_t header[kMaxMessageHeader];
  plain.insert(plain.end(), header, StoreMessageHeader(header, record));
  const std::size_t at = plain.size();
  plain.resize(at + record.bytes.size());
  session.queue.CopyTo(MutableByteView(plain).subspan(at));
  MessageSent(session, record);
  return true;
}

// --- datagrams, bulk

Result<FramePacker::Sent> FramePacker::SendDatagrams(FrameSink& sink) {
  FrameSealer& sealer = parts_.sealer;
  DatagramQueue& datagrams = parts_.send.datagrams();
  const ByteView records = datagrams.Front(sealer.SmallRoom());
  const MutableByteView out = sink.Reserve(sealer.FixedOverhead() + records.size());
  if (out.empty()) return Sent::kSinkFull;

  sealer.Begin();
  const ByteView pieces[] = {sealer.plain(), records};
  TRY(sealer.Seal(sink, out, datagrams.front_lifetime(), pieces));
  datagrams.Pop(records.size());
  return Sent::kFrame;
}

Result<FramePacker::Sent> FramePacker::SendBulk(FrameSink& sink) {
  FrameSealer& sealer = parts_.sealer;
  Session* session = parts_.scheduler.NextBulk();
  if (!session ||
      !parts_.ledger.Allows(Scheduler::LeastOf(*session, parts_.scheduler.Pending(*session))))
    return Sent::kNothing;

  // What lies in a few chunks is sealed from where it lies.
  std::size_t reach = 0, count = 1;
  for (Chunk* chunk = session->queue.head(); chunk && count < kMaxPieces;
       chunk = chunk->next, ++count)
    reach += chunk->size();
  const MessageRecord record = NextMessage(*session, sealer.BulkRoom(), reach);
  ByteView pieces[kMaxPieces];
  count = 1;
  std::size_t left = record.bytes.size();
  for (Chunk* chunk = session->queue.head(); left > 0; chunk = chunk->next) {
    pieces[count] = chunk->filled().first(std::min(chunk->size(), left));
    left -= pieces[count++].size();
  }

  const MutableByteView out =
      sink.Reserve(sealer.FixedOverhead() + MessageHeaderSize(record) + record.bytes.size());
  if (out.empty()) return Sent::kSinkFull;
  sealer.Begin();
  std::uint8_t header[kMaxMessageHeader];
  sealer.plain().insert(sealer.plain().end(), header, StoreMessageHeader(header, record));
  pieces[0] = sealer.plain();
  TRY(sealer.Seal(sink, out, kReliable, {pieces, count}));
  parts_.scheduler.Remove(*session);  // to the end of the line
  MessageSent(*session, record);
  return Sent::kFrame;
}

// --- messages

MessageRecord FramePacker::NextMessage(const Session& session, std::size_t room,
                                       std::size_t most) const {
  MessageRecord record{.session = session.id, .number = session.next_number};
  const Chunk* head = session.queue.head();
  if (!head) {
    record.order = Order::kAfterAll;
    record.fin = true;
    return record;
  }
  if (head->is_message) {
    record.order = head->order;
    record.more = head->more;
    record.distance = head->distance;
    record.bytes = ByteView(head->data_view(), head->size());
    return record;
  }

  const std::uint64_t channel_credit = parts_.ledger.available() - kMessageCost;
  const std::size_t pending = parts_.scheduler.Pending(session);
  std::size_t count = std::min<std::uint64_t>({pending, channel_credit, room, most});
  const std::size_t header = MessageHeaderSize(record) - VarintSize(0) + VarintSize(count);
  count = std::min(count, room - header);
  record.order = session.next_number == 0 ? Order::kFree : Order::kOrdered;
  // Behind messages of orders of their own.
  if (session.sends_messages && session.next_number == session.queued_number)
    record.order = Order::kAfterAll;
  if (session.fin_queued && count == session.queue.size()) {
    record.order = Order::kAfterAll;
    record.fin = true;
  }
  record.bytes = ByteView(head->data_view(), count);
  return record;
}

void FramePacker::MessageSent(Session& session, const MessageRecord& record) {
  const std::size_t size = record.bytes.size();
  parts_.ledger.Spend(session, size);
  ++session.next_number;
  parts_.context.stats.bytes_sent += size;
  CountMessage(record.order, parts_.context.stats);
  session.bytes_sent += size;
  session.active = parts_.context.now;
  session.stuck_since = {};
  if (record.fin) session.fin_sent = true;

  parts_.send.Sent(session, size);
  parts_.ends.AfterSending(session, record.fin);
}

}  // namespace funnel::wire
