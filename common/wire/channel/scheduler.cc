#include "common/wire/channel/scheduler.h"

#include <algorithm>

namespace funnel::wire {
namespace {

// When credit is short a session does not send small pieces: it waits for room for this many bytes.
constexpr std::uint64_t kLeastPiece = 1024;

}  // namespace

SessionList* Scheduler::ListOf(Session::Turn turn) {
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

std::size_t Scheduler::Pending(const Session& session) const {
  const Chunk* head = session.queue.head();
  if (!head) return 0;
  if (head->is_message) return head->size();
  const std::uint64_t credit = ledger_.Usable(session);
  return credit <= kMessageCost
             ? 0
             : std::min<std::uint64_t>(session.queue.size(), credit - kMessageCost);
}

std::size_t Scheduler::LeastOf(const Session& session, std::size_t pending) {
  const Chunk* head = session.queue.head();
  return head && !head->is_message ? std::min<std::size_t>(pending, kLeastPiece) : pending;
}

Session::Turn Scheduler::TurnFor(const Session& session) const {
  const bool sends =
      session.phase == Session::Phase::kOpen || session.phase == Session::Phase::kFinishing;
  if (!sends || session.peer_reset || !session.HasOutput()) return Session::Turn::kNone;

  const std::size_t pending = Pending(session);
  const Chunk* head = session.queue.head();
  const bool is_stream = head && !head->is_message;
  const std::uint64_t least =
      is_stream ? std::min<std::uint64_t>(session.queue.size(), kLeastPiece) : pending;
  if (ledger_.Usable(session) < least + kMessageCost) return Session::Turn::kNone;

  return pending + kMaxMessageHeader > sealer_.SmallRoom() ? Session::Turn::kBulk
                                                           : Session::Turn::kSmall;
}

void Scheduler::Update(Session& session) {
  const Session::Turn turn = TurnFor(session);
  if (turn == session.turn) return;
  Remove(session);
  session.turn = turn;
  if (SessionList* list = ListOf(turn)) list->PushBack(session);
}

void Scheduler::Remove(Session& session) {
  if (SessionList* list = ListOf(session.turn)) list->Remove(session);
  session.turn = Session::Turn::kNone;
}

Session::Turn Scheduler::Next() {
  if (!HasAny()) return Session::Turn::kNone;
  if (small_.empty() || (small_left_ == 0 && !bulk_.empty())) return Session::Turn::kBulk;
  if (small_left_ == 0) BeginRound();
  return Session::Turn::kSmall;
}

Session* Scheduler::NextSmall() {
  while (small_left_ > 0 && !small_.empty()) {
    Session& session = *small_.first();
    Update(session);  // what is small depends on the epoch
    if (session.turn == Session::Turn::kSmall) return &session;
    SmallServed();
  }
  return nullptr;
}

void Scheduler::SmallYields(Session& session) {
  small_.Remove(session);
  small_.PushBack(session);
  SmallServed();
}

Session* Scheduler::NextBulk() {
  Session& session = *bulk_.first();
  Update(session);  // what it may use can have become less
  return session.turn == Session::Turn::kBulk ? &session : nullptr;
}

}  // namespace funnel::wire
