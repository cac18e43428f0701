// Which bytes of which sessions go into the next frame.
#include <algorithm>

#include "common/wire/channel_impl.h"

namespace funnel::wire {
namespace {

// Of a bulk frame: the head, and chunks that are sealed from where they lie.
constexpr std::size_t kMaxPieces = 8;

}  // namespace

// --- whose turn it is

SessionList* Channel::Impl::ListOf(Session::Turn turn) {
  switch (turn) {
    case Session::Turn::kNone:
      return nullptr;
    case Session::Turn::kSmall:
      return &small_;
    case Session::Turn::kBulk:
      return &bulk_;
  }
  return nullptr;
}

Session::Turn Channel::Impl::TurnFor(const Session& session) const {
  const bool sends =
      session.phase == Session::Phase::kOpen || session.phase == Session::Phase::kFinishing;
  if (!sends || session.peer_reset || !session.HasOutput()) return Session::Turn::kNone;
  const std::uint64_t credit = ledger_.Usable(session);
  const Chunk* head = session.queue.head();
  const std::size_t whole = head && !head->is_message ? session.queue.size() : Pending(session);
  const std::uint64_t least =
      head && !head->is_message ? std::min<std::uint64_t>(whole, kLeastPiece) : whole;
  if (credit < least + kMessageCost) return Session::Turn::kNone;
  return Pending(session) + kMaxMessageHeader > SmallRoom() ? Session::Turn::kBulk
                                                            : Session::Turn::kSmall;
}

// How many bytes the session's next message would carry if only its own credit counted.
std::size_t Channel::Impl::Pending(const Session& session) const {
  const Chunk* head = session.queue.head();
  if (!head) return 0;
  if (head->is_message) return head->size();
  const std::uint64_t credit = ledger_.Usable(session);
  return credit <= kMessageCost
             ? 0
             : std::min<std::uint64_t>(session.queue.size(), credit - kMessageCost);
}

// Puts the session where it belongs by what it has waiting; keeps its place if it is there already.
void Channel::Impl::TakeTurn(Session& session) {
  const Session::Turn turn = TurnFor(session);
  if (turn == session.turn) return;
  LeaveTurn(session);
  session.turn = turn;
  if (SessionList* list = ListOf(turn)) list->PushBack(session);
}

void Channel::Impl::LeaveTurn(Session& session) {
  if (SessionList* list = ListOf(session.turn)) list->Remove(session);
  session.turn = Session::Turn::kNone;
}

// --- messages

// The session's next message, given room for it and its header, and at most MOST bytes of a stream.
// Its view of the bytes says how many, not which.
MessageRecord Channel::Impl::NextMessage(const Session& session, std::size_t room,
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
  const std::uint64_t channel_credit = ledger_.available() - kMessageCost;
  std::size_t count = std::min<std::uint64_t>({Pending(session), channel_credit, room, most});
  const std::size_t header = MessageHeaderSize(record) - VarintSize(0) + VarintSize(count);
  count = std::min(count, room - header);
  record.order = session.next_number == 0 ? Order::kFree : Order::kOrdered;
  if (session.fin_queued && count == session.queue.size()) {
    record.order = Order::kAfterAll;
    record.fin = true;
  }
  record.bytes = ByteView(head->data_view(), count);
  return record;
}

// Packs into scratch_, up to END, what the first sessions in line have waiting.
void Channel::Impl::PackSmallSessions(std::size_t end) {
  while (small_left_ > 0 && !small_.empty() && !ledger_.is_waiting()) {
    Session& session = *small_.first();
    TakeTurn(session);  // what is small depends on the epoch
    bool packed = false;
    while (session.turn == Session::Turn::kSmall && PackOne(session, end)) packed = true;
    if (session.turn != Session::Turn::kSmall) {
      --small_left_;
      continue;
    }
    // More than fits, or credit is short.
    if (packed) {
      small_.Remove(session);
      small_.PushBack(session);
      --small_left_;
    }
    return;
  }
}

// Packs one message of the session; false: it does not fit, or the channel's credit is short.
bool Channel::Impl::PackOne(Session& session, std::size_t end) {
  const std::size_t room = end > scratch_.size() ? end - scratch_.size() : 0;
  const std::size_t pending = Pending(session);
  if (room < kMaxMessageHeader + pending || !ledger_.Allows(LeastOf(session, pending)))
    return false;
  const MessageRecord record = NextMessage(session, room, pending);
  AppendMessage(record, session.queue);
  MessageSent(session, record);
  return true;
}

// A message goes whole, a stream in pieces.
std::size_t Channel::Impl::LeastOf(const Session& session, std::size_t pending) {
  const Chunk* head = session.queue.head();
  return head && !head->is_message ? std::min<std::size_t>(pending, kLeastPiece) : pending;
}

void Channel::Impl::AppendMessage(const MessageRecord& record, const SendQueue& queue) {
  std::uint8_t header[kMaxMessageHeader];
  scratch_.insert(scratch_.end(), header, StoreMessageHeader(header, record));
  const std::size_t at = scratch_.size();
  scratch_.resize(at + record.bytes.size());
  queue.CopyTo(MutableByteView(scratch_).subspan(at));
}

Channel::Impl::Sent Channel::Impl::SendBulk(FrameSink& sink) {
  Session& session = *bulk_.first();
  TakeTurn(session);  // what it may use can have become less
  if (session.turn != Session::Turn::kBulk) return Sent::kNothing;
  if (!ledger_.Allows(LeastOf(session, Pending(session)))) return Sent::kNothing;
  // What lies in a few chunks is sealed from where it lies.
  std::size_t reach = 0, count = 1;
  for (Chunk* chunk = session.queue.head(); chunk && count < kMaxPieces;
       chunk = chunk->next, ++count)
    reach += chunk->size();
  const MessageRecord record = NextMessage(session, BulkRoom(), reach);
  ByteView pieces[kMaxPieces];
  count = 1;
  std::size_t left = record.bytes.size();
  for (Chunk* chunk = session.queue.head(); left > 0; chunk = chunk->next) {
    pieces[count] = chunk->filled().first(std::min(chunk->size(), left));
    left -= pieces[count++].size();
  }
  const MutableByteView out =
      sink.Reserve(FixedOverhead() + MessageHeaderSize(record) + record.bytes.size());
  if (out.empty()) return Sent::kSinkFull;
  BeginFrame();
  std::uint8_t header[kMaxMessageHeader];
  scratch_.insert(scratch_.end(), header, StoreMessageHeader(header, record));
  pieces[0] = scratch_;
  if (!SealFrame(sink, out, /*reliable=*/true, {pieces, count})) return Sent::kNothing;
  LeaveTurn(session);  // to the end of the line
  MessageSent(session, record);
  return Sent::kFrame;
}

// The message is in a frame: it is charged, and the session's next turn decided.
void Channel::Impl::MessageSent(Session& session, const MessageRecord& record) {
  const std::size_t size = record.bytes.size();
  ledger_.Spend(session, size);
  ++session.next_number;
  context_.stats.bytes_sent += size;
  session.bytes_sent += size;
  session.active = context_.now;
  session.stuck_since = {};
  if (!session.queue.empty()) {
    session.queue.Consume(size, pool_);
    queued_bytes_ -= size;
  }
  if (record.fin) session.fin_sent = true;
  TakeTurn(session);
  ConsiderWriter(session);
  if (!full_writers_.empty()) ConsiderFullWriters();
  if (record.fin) EndIfOver(session);
  if (session.phase == Session::Phase::kFinishing && session.queue.empty())
    AbandonSession(session, EndCode::kBroken);
}

}  // namespace funnel::wire
