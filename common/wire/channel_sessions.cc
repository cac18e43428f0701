// Sessions: the table, and what the owner does with them.
#include <algorithm>

#include "common/wire/channel_impl.h"

namespace funnel::wire {

Session* Channel::Impl::Find(SessionId id) {
  auto found = sessions_.find(id.value());
  return found == sessions_.end() ? nullptr : found->second.get();
}

std::optional<SessionStats> Channel::Impl::StatsOf(SessionId id) const {
  const auto found = sessions_.find(id.value());
  if (found == sessions_.end()) return std::nullopt;
  const Session& session = *found->second;
  return SessionStats{.bytes_sent = session.bytes_sent,
                      .bytes_received = session.bytes_received,
                      .queued_bytes = session.queue.size(),
                      .undelivered_bytes = session.inbox.held_bytes(),
                      .active = session.active};
}

// A session that the owner knows of.
Session* Channel::Impl::FindOwned(SessionId id) {
  Session* session = Find(id);
  return session && session->phase == Session::Phase::kOpen ? session : nullptr;
}

Session* Channel::Impl::FindForRecord(SessionId id) {
  if (Session* session = Find(id)) return session;
  if (id.value() < next_session_) return nullptr;  // has ended
  if (role_ == Role::kInitiator || id.value() >= session_limit_) {
    Violated("a session that cannot be");
    return nullptr;
  }
  Session* session = nullptr;
  while (next_session_ <= id.value())
    session = &AddSession(SessionId(next_session_++), Session::Phase::kExpected);
  return session;
}

Session& Channel::Impl::AddSession(SessionId id, Session::Phase phase) {
  auto& slot = sessions_[id.value()];
  slot = std::make_unique<Session>(id);
  slot->phase = phase;
  return *slot;
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
  // What it had been given to grow is for others.
  window_growth_left_ += session.receive_credit.ShrinkWindow(kInitialSessionCredit);
  if (!full_writers_.empty()) ConsiderFullWriters();
}

void Channel::Impl::Forget(Session& session) {
  ReleaseBuffers(session);
  session.phase = Session::Phase::kGone;
  auto found = sessions_.find(session.id.value());
  gone_.push_back(std::move(found->second));
  sessions_.erase(found);
  NoteHeld(session, 0);
  ++sessions_ended_;
  if (role_ == Role::kInitiator) {
    if (std::exchange(session_wanted_, false)) announce_sessions_ = true;
  } else if (sessions_ended_ + settings_.max_sessions >=
             session_limit_ + std::max<std::uint64_t>(settings_.max_sessions / 64, 1)) {
    sessions_due_ = true;
  }
}

// Ends a session from our side: RESET goes out, and until the peer's answer or FIN what it still
// sends is only counted. The owner's callback is the caller's.
void Channel::Impl::AbandonSession(Session& session, EndCode code) {
  const std::uint64_t undelivered =
      session.receive_credit.received() - session.receive_credit.consumed();
  if (session.peer_reset) {  // it has our answer already, and sends nothing more
    if (!SettleReset(session, session.peer_reset->final_charge)) return;
    ++stats_.sessions_reset;
    return Forget(session);
  }
  control_.Push(ResetRecord{session.id, code, session.send_credit.spent()});
  ++stats_.sessions_reset;
  ReleaseBuffers(session);
  session.phase = Session::Phase::kReset;
  ConsumeCredit(session, undelivered);
  if (session.inbox.complete()) Forget(session);
}

void Channel::Impl::ViolateSession(Session& session) {
  ++stats_.violations;
  const bool announced = session.IsOwners();
  const SessionId id = session.id;
  AbandonSession(session, EndCode::kProtocol);
  if (announced) observer_.OnSessionReset(id, EndCode::kProtocol);
}

std::optional<SessionId> Channel::Impl::OpenSession(const SessionInfo& info) {
  Scope scope(*this);
  if (role_ != Role::kInitiator || !life_.TakesSessions()) return std::nullopt;
  if (next_session_ >= session_limit_ || sessions_.size() >= settings_.max_sessions) {
    session_wanted_ = true;
    return std::nullopt;
  }
  const SessionId id(next_session_++);
  AddSession(id, Session::Phase::kOpen);
  ++stats_.sessions_opened;
  control_.Push(OpenSessionRecord{id, info});
  return id;
}

bool Channel::Impl::SendDatagram(SessionId id, ByteView datagram) {
  Session* session = FindOwned(id);
  if (!session || datagram.size() > kMaxDatagramSize) {
    ++stats_.datagrams_dropped;
    return false;
  }
  stats_.datagrams_dropped += datagrams_.Push(id, datagram);
  stats_.bytes_sent += datagram.size();
  session->bytes_sent += datagram.size();
  return true;
}

std::size_t Channel::Impl::Writable(SessionId id) {
  const Session* session = FindOwned(id);
  return session ? Room(*session) : 0;
}

std::size_t Channel::Impl::SendBytes(SessionId id, ByteView bytes) {
  Session* session = FindOwned(id);
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
  Session* session = FindOwned(id);
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
  Session* session = FindOwned(id);
  if (!session) return;
  session->sends_stream = true;
  session->queue.Commit(count, pool_);
  queued_bytes_ += count;
  if (count > 0) TakeTurn(*session);
}

std::optional<std::uint64_t> Channel::Impl::SendMessage(SessionId id, ByteView bytes, Order order,
                                                        std::uint64_t after) {
  Session* session = FindOwned(id);
  if (!session || session->fin_queued || session->sends_stream || session->peer_reset ||
      life_.is_link_closed())
    return std::nullopt;
  const std::size_t queued = session->queue.size();
  // One message may pass the limit, so that it need not be smaller than the queue.
  if (queued >= settings_.session_queue_max || queued_bytes_ >= settings_.channel_queue_max) {
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
  Session* session = FindOwned(id);
  if (!session || session->fin_queued || session->peer_reset) return;
  session->fin_queued = true;
  TakeTurn(*session);
}

void Channel::Impl::ResetSession(SessionId id, EndCode code) {
  Scope scope(*this);
  if (Session* session = FindOwned(id)) AbandonSession(*session, code);
}

void Channel::Impl::FinishAndReset(SessionId id) {
  Scope scope(*this);
  Session* session = FindOwned(id);
  if (!session) return;
  if (session->queue.empty() || session->peer_reset)
    return AbandonSession(*session, EndCode::kBroken);
  session->phase = Session::Phase::kFinishing;
  session->fin_queued = session->fin_sent;  // what goes before a reset is no whole
  undelivered_bytes_ -= session->inbox.DropHeld();
  ConsumeCredit(*session, session->receive_credit.received() - session->receive_credit.consumed());
  WatchForStuck(PatienceWith(*session));
}

void Channel::Impl::EndSession(SessionId id) {
  Scope scope(*this);
  Session* session = FindOwned(id);
  if (!session) return;
  // Only flows of datagrams end without an account of their charges.
  if (session->send_credit.spent() > 0 || session->receive_credit.received() > 0 ||
      session->HasOutput())
    return AbandonSession(*session, EndCode::kNone);
  control_.Push(EndSessionRecord{id});
  Forget(*session);
}

}  // namespace funnel::wire
