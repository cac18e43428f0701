// Sessions: the table, and what the owner does with them.
#include <algorithm>

#include "common/wire/channel_impl.h"

namespace funnel::wire {

std::optional<SessionStats> Channel::Impl::StatsOf(SessionId id) const {
  const Session* session = sessions_.Find(id);
  if (!session) return std::nullopt;
  return SessionStats{.bytes_sent = session->bytes_sent,
                      .bytes_received = session->bytes_received,
                      .queued_bytes = session->queue.size(),
                      .undelivered_bytes = session->inbox.held_bytes(),
                      .active = session->active};
}

Session* Channel::Impl::FindNamed(SessionId id) {
  const auto found = sessions_.FindNamed(id);
  if (found) return *found;
  Violated(found.error().text);
  return nullptr;
}

void Channel::Impl::DropOutput(Session& session) {
  LeaveTurn(session);
  queued_bytes_ -= session.queue.size();
  session.queue.Clear(pool_);
}

void Channel::Impl::ReleaseBuffers(Session& session) {
  DropOutput(session);
  undelivered_bytes_ -= session.inbox.DropHeld();
  if (const auto early = std::exchange(session.early_datagrams, nullptr)) {
    for (const Bytes& datagram : *early) early_datagram_bytes_ -= datagram.size();
  }
  ledger_.TakeBackGrowth(session);
  if (!full_writers_.empty()) ConsiderFullWriters();
}

void Channel::Impl::Forget(Session& session) {
  ReleaseBuffers(session);
  sessions_.Remove(session);
  ledger_.Forget(session);
}

// Ends a session from our side: RESET goes out, and until the peer's answer or FIN what it still
// sends is only counted. The owner's callback is the caller's.
void Channel::Impl::AbandonSession(Session& session, EndCode code) {
  if (session.peer_reset) {  // it has our answer already, and sends nothing more
    if (const auto settled = ledger_.Settle(session, session.peer_reset->final_charge); !settled)
      return Violated(settled.error().text);
    ++context_.stats.sessions_reset;
    return Forget(session);
  }
  context_.control.Push(ResetRecord{session.id, code, session.send_credit.spent()});
  ++context_.stats.sessions_reset;
  ReleaseBuffers(session);
  session.phase = Session::Phase::kReset;
  ledger_.ConsumeAll(session);
  if (session.inbox.complete()) Forget(session);
}

void Channel::Impl::ViolateSession(Session& session) {
  ++context_.stats.violations;
  const bool announced = session.IsOwners();
  const SessionId id = session.id;
  AbandonSession(session, EndCode::kProtocol);
  if (announced) context_.observer.OnSessionReset(id, EndCode::kProtocol);
}

std::optional<SessionId> Channel::Impl::OpenSession(const SessionInfo& info) {
  SessionTable::Hold hold(sessions_);
  if (context_.role != Role::kInitiator || !life_.TakesSessions()) return std::nullopt;
  const Session* session = sessions_.Open();
  if (!session) return std::nullopt;
  ++context_.stats.sessions_opened;
  context_.control.Push(OpenSessionRecord{session->id, info});
  return session->id;
}

bool Channel::Impl::SendDatagram(SessionId id, ByteView datagram) {
  Session* session = sessions_.FindOpen(id);
  if (!session || datagram.size() > kMaxDatagramSize) {
    ++context_.stats.datagrams_dropped;
    return false;
  }
  context_.stats.datagrams_dropped += datagrams_.Push(id, datagram);
  context_.stats.bytes_sent += datagram.size();
  session->bytes_sent += datagram.size();
  return true;
}

std::size_t Channel::Impl::Writable(SessionId id) {
  const Session* session = sessions_.FindOpen(id);
  return session ? Room(*session) : 0;
}

std::size_t Channel::Impl::SendBytes(SessionId id, ByteView bytes) {
  Session* session = sessions_.FindOpen(id);
  if (!session) return 0;
  const std::size_t count = std::min(bytes.size(), Room(*session));
  if (count < bytes.size()) RefuseWriter(*session);
  if (count == 0) return 0;
  session->sends_stream = true;
  session->queue.Append(bytes.first(count), ChunkCapacity(*session), pool_);
  queued_bytes_ += count;
  TakeTurn(*session);
  return count;
}

MutableByteView Channel::Impl::PrepareBytes(SessionId id) {
  Session* session = sessions_.FindOpen(id);
  if (!session) return {};
  const std::size_t room = Room(*session);
  if (room == 0) {
    RefuseWriter(*session);
    return {};
  }
  const MutableByteView place = session->queue.Prepare(ChunkCapacity(*session), pool_);
  return place.first(std::min(place.size(), room));
}

void Channel::Impl::CommitBytes(SessionId id, std::size_t count) {
  Session* session = sessions_.FindOpen(id);
  if (!session) return;
  session->sends_stream = true;
  session->queue.Commit(count, pool_);
  queued_bytes_ += count;
  if (count > 0) TakeTurn(*session);
}

std::optional<std::uint64_t> Channel::Impl::SendMessage(SessionId id, ByteView bytes, Order order,
                                                        std::uint64_t after) {
  Session* session = sessions_.FindOpen(id);
  if (!session || session->fin_queued || session->sends_stream || session->peer_reset ||
      life_.is_link_closed())
    return std::nullopt;
  const std::size_t queued = session->queue.size();
  // One message may pass the limit, so that it need not be smaller than the queue.
  if (queued >= context_.settings.session_queue_max ||
      queued_bytes_ >= context_.settings.channel_queue_max) {
    RefuseWriter(*session);
    return std::nullopt;
  }
  session->sends_messages = true;
  const std::size_t piece_max = ChunkCapacity(*session);
  queued_bytes_ += bytes.size();
  std::uint64_t number = session->queued_number;
  if (number == 0 && order == Order::kOrdered) order = Order::kFree;
  const std::uint64_t distance = order == Order::kFollows ? number - after : 0;
  for (bool first = true; first || !bytes.empty(); first = false) {
    const ByteView piece = bytes.first(std::min(bytes.size(), piece_max));
    bytes = bytes.subspan(piece.size());
    session->queue.AppendMessage(piece, first ? order : Order::kOrdered, first ? distance : 0,
                                 /*more=*/!bytes.empty(), pool_);
    number = session->queued_number++;
  }
  TakeTurn(*session);
  return number;
}

void Channel::Impl::SendFin(SessionId id) {
  Session* session = sessions_.FindOpen(id);
  if (!session || session->fin_queued || session->peer_reset) return;
  session->fin_queued = true;
  TakeTurn(*session);
}

void Channel::Impl::ResetSession(SessionId id, EndCode code) {
  SessionTable::Hold hold(sessions_);
  if (Session* session = sessions_.FindOpen(id)) AbandonSession(*session, code);
}

void Channel::Impl::FinishAndReset(SessionId id) {
  SessionTable::Hold hold(sessions_);
  Session* session = sessions_.FindOpen(id);
  if (!session) return;
  if (session->queue.empty() || session->peer_reset)
    return AbandonSession(*session, EndCode::kBroken);
  session->phase = Session::Phase::kFinishing;
  session->fin_queued = session->fin_sent;  // what goes before a reset is no whole
  undelivered_bytes_ -= session->inbox.DropHeld();
  ledger_.ConsumeAll(*session);
  WatchForStuck(PatienceWith(*session));
}

void Channel::Impl::EndSession(SessionId id) {
  SessionTable::Hold hold(sessions_);
  Session* session = sessions_.FindOpen(id);
  if (!session) return;
  // Only flows of datagrams end without an account of their charges.
  if (session->send_credit.spent() > 0 || session->receive_credit.received() > 0 ||
      session->HasOutput())
    return AbandonSession(*session, EndCode::kNone);
  context_.control.Push(EndSessionRecord{id});
  Forget(*session);
}

}  // namespace funnel::wire
