#include "common/wire/channel/send_buffer.h"

#include <algorithm>
#include <utility>

namespace funnel::wire {
namespace {

// Writers that a full queue stopped go on when there is room for this much for each.
constexpr std::size_t kFairPiece = 16 * 1024;

}  // namespace

SendBuffer::SendBuffer(const Parts& parts)
    : parts_(parts),
      settings_(parts.context.settings),
      openings_(parts.context, parts.sessions, parts.sealer),
      urgent_(parts.context.settings.datagram_queue_max),
      datagrams_(parts.context.settings.datagram_queue_max) {}

SendBuffer::~SendBuffer() {
  parts_.sessions.ForEach([this](Session& session) { session.queue.Clear(pool_); });
}

// --- what the owner gives

bool SendBuffer::AddDatagram(SessionId id, ByteView datagram, const DatagramTerms& terms) {
  Session* session = parts_.sessions.FindOpen(id);
  ChannelStats& stats = parts_.context.stats;
  if (!session || datagram.size() > kMaxDatagramSize) {
    ++stats.datagrams_dropped;
    return false;
  }

  DatagramQueue& queue = QueueFor(terms);
  if (!session->opening || !openings_.Say(*session, datagram, terms, queue))
    stats.datagrams_dropped += queue.Push(id, datagram, terms.lifetime, terms.dscp);
  // Both queues share the limit; what is urgent stays.
  const std::size_t most = settings_.datagram_queue_max;
  stats.datagrams_dropped += datagrams_.DropTo(most - std::min(most, urgent_.size()));
  stats.bytes_sent += datagram.size();
  session->bytes_sent += datagram.size();
  return true;
}

void SendBuffer::DropStaleDatagrams() {
  for (DatagramQueue* queue : {&urgent_, &datagrams_})
    parts_.context.stats.datagrams_dropped += queue->DropStale(parts_.context.now);
}

std::size_t SendBuffer::AddBytes(SessionId id, ByteView bytes) {
  Session* session = parts_.sessions.FindOpen(id);
  if (!session) return 0;
  BeginStream(*session);
  const std::size_t count = std::min(bytes.size(), Room(*session));
  if (count < bytes.size()) Refuse(*session);
  if (count == 0) return 0;

  session->queue.Append(bytes.first(count), parts_.sealer.ChunkCapacity(*session), pool_);
  queued_bytes_ += count;
  parts_.scheduler.Update(*session);
  return count;
}

MutableByteView SendBuffer::Prepare(SessionId id) {
  Session* session = parts_.sessions.FindOpen(id);
  if (!session) return {};
  BeginStream(*session);
  const std::size_t room = Room(*session);
  if (room == 0) {
    Refuse(*session);
    return {};
  }

  const MutableByteView place =
      session->queue.Prepare(parts_.sealer.ChunkCapacity(*session), pool_);
  return place.first(std::min(place.size(), room));
}

void SendBuffer::Commit(SessionId id, std::size_t count) {
  Session* session = parts_.sessions.FindOpen(id);
  if (!session) return;
  session->queue.Commit(count, pool_);
  queued_bytes_ += count;
  if (count > 0) parts_.scheduler.Update(*session);
}

Session* SendBuffer::FindForMessage(SessionId id) {
  Session* session = parts_.sessions.FindOpen(id);
  if (!session || session->fin_queued || session->sends_stream || session->peer_reset ||
      parts_.life.is_link_closed())
    return nullptr;
  // One message may pass the limit, so that it need not be smaller than the queue.
  if (session->queue.size() < settings_.session_queue_max && !IsFull()) return session;
  session->sends_messages = true;
  Refuse(*session);
  return nullptr;
}

bool SendBuffer::TakesMessage(SessionId id) { return FindForMessage(id) != nullptr; }

std::size_t SendBuffer::PieceRoom(SessionId id) const {
  const Session* session = std::as_const(parts_.sessions).FindOpen(id);
  return session ? parts_.sealer.ChunkCapacity(*session) : 0;
}

std::optional<std::uint64_t> SendBuffer::AddMessage(SessionId id, ByteView bytes,
                                                    MessageOrder given) {
  Session* session = FindForMessage(id);
  if (!session) return std::nullopt;

  session->sends_messages = true;
  const std::size_t piece_max = parts_.sealer.ChunkCapacity(*session);
  queued_bytes_ += bytes.size();
  std::uint64_t number = session->queued_number;
  Order order = session->unit_open ? Order::kOrdered : given.order;
  if (number == 0 && order == Order::kOrdered) order = Order::kFree;
  const std::uint64_t distance = order == Order::kFollows ? number - given.after : 0;

  for (bool first = true; first || !bytes.empty(); first = false) {
    const ByteView piece = bytes.first(std::min(bytes.size(), piece_max));
    bytes = bytes.subspan(piece.size());
    session->queue.AppendMessage(piece, first ? order : Order::kOrdered, first ? distance : 0,
                                 /*more=*/!bytes.empty() || given.more, pool_);
    number = session->queued_number++;
  }
  session->unit_open = given.more;
  parts_.scheduler.Update(*session);
  return number;
}

void SendBuffer::AddFin(SessionId id) {
  Session* session = parts_.sessions.FindOpen(id);
  if (!session || session->fin_queued) return;
  if (session->peer_reset) {
    // Nothing leaves any more, but the owner has sent its last byte.
    session->fin_queued = session->fin_sent = true;
    return;
  }
  CloseUnit(*session);
  session->fin_queued = true;
  parts_.scheduler.Update(*session);
}

void SendBuffer::BeginStream(Session& session) {
  session.sends_stream = true;
  CloseUnit(session);
}

void SendBuffer::CloseUnit(Session& session) {
  if (!std::exchange(session.unit_open, false)) return;
  session.queue.AppendMessage({}, Order::kOrdered, 0, /*more=*/false, pool_);
  ++session.queued_number;
  parts_.scheduler.Update(session);
}

// --- how much it may give

bool SendBuffer::IsFull() const { return queued_bytes_ >= settings_.channel_queue_max; }

std::size_t SendBuffer::Room(const Session& session) const {
  if (session.fin_queued || session.peer_reset || parts_.life.is_link_closed()) return 0;
  const std::size_t queued = session.queue.size();
  const std::uint64_t credit = parts_.ledger.Usable(session);
  const std::size_t limit =
      std::min<std::uint64_t>(settings_.session_queue_max, credit > kMessageCost ? credit : 0);
  if (queued >= limit || IsFull()) return 0;
  return std::min(limit - queued, settings_.channel_queue_max - queued_bytes_);
}

std::size_t SendBuffer::Writable(SessionId id) const {
  const Session* session = std::as_const(parts_.sessions).FindOpen(id);
  return session ? Room(*session) : 0;
}

void SendBuffer::Refuse(Session& session) {
  session.wants_writable = true;
  if (IsFull()) WaitForChannel(session);
}

void SendBuffer::WaitForChannel(Session& session) {
  if (std::exchange(session.in_full_writers, true)) return;
  full_writers_.push_back(session.id);
}

void SendBuffer::Consider(Session& session) {
  if (!session.wants_writable || session.queue.size() > settings_.session_queue_max / 2) return;
  if (IsFull()) return WaitForChannel(session);
  const bool sends_whole = session.sends_messages && !session.sends_stream;
  if (!sends_whole && Room(session) == 0) return;
  session.wants_writable = false;
  ready_writers_.push_back(session.id);
}

// Serves those who wait for the channel's queue, first come first served, as long as there is a
// fair piece of room for each.
void SendBuffer::ConsiderFullWriters() {
  if (full_writers_.empty()) return;
  const std::size_t most = std::max(settings_.channel_queue_max, kFairPiece);
  // Each is looked at once: one that has to go on waiting goes to the end of the line.
  for (std::size_t left = full_writers_.size(); left > 0; --left) {
    if (queued_bytes_ + (1 + ready_writers_.size()) * kFairPiece > most) return;
    const SessionId id = full_writers_.front();
    full_writers_.pop_front();
    Session* session = parts_.sessions.Find(id);
    if (!session) continue;
    session->in_full_writers = false;
    Consider(*session);
  }
}

void SendBuffer::NotifyWriters() {
  if (ready_writers_.empty()) return;
  for (SessionId id : std::exchange(ready_writers_, {})) {
    const Session* session = parts_.sessions.Find(id);
    if (session && session->IsOwners()) parts_.context.observer.OnWritable(id);
  }
}

// --- what changes the room

void SendBuffer::Sent(Session& session, std::size_t bytes) {
  if (!session.queue.empty()) {
    session.queue.Consume(bytes, pool_);
    queued_bytes_ -= bytes;
  }
  parts_.scheduler.Update(session);
  Consider(session);
  ConsiderFullWriters();
}

void SendBuffer::Drop(Session& session) {
  parts_.scheduler.Remove(session);
  queued_bytes_ -= session.queue.size();
  session.queue.Clear(pool_);
}

void SendBuffer::CreditRose(Session& session) {
  parts_.scheduler.Update(session);
  Consider(session);
}

// Once a turn, however often the peer has sent it.
void SendBuffer::HeedShare() {
  parts_.sessions.ForEach([this](Session& session) { CreditRose(session); });
}

}  // namespace funnel::wire
