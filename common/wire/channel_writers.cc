// How much the owner may send, and when it is told that it may send more.
#include <algorithm>

#include "common/wire/channel_impl.h"

namespace funnel::wire {

std::size_t Channel::Impl::Room(const Session& session) const {
  if (session.fin_queued || session.sends_messages || session.peer_reset || life_.is_link_closed())
    return 0;
  const std::size_t queued = session.queue.size();
  const std::uint64_t credit = ledger_.Usable(session);
  const std::size_t limit = std::min<std::uint64_t>(context_.settings.session_queue_max,
                                                    credit > kMessageCost ? credit : 0);
  if (queued >= limit || queued_bytes_ >= context_.settings.channel_queue_max) return 0;
  return std::min(limit - queued, context_.settings.channel_queue_max - queued_bytes_);
}

// Once a turn, however often the peer has said it.
void Channel::Impl::HeedShare() {
  sessions_.ForEach([this](Session& session) {
    TakeTurn(session);
    ConsiderWriter(session);
  });
}

void Channel::Impl::RefuseWriter(Session& session) {
  session.wants_writable = true;
  if (queued_bytes_ >= context_.settings.channel_queue_max) WaitForChannel(session);
}

void Channel::Impl::WaitForChannel(Session& session) {
  if (std::exchange(session.in_full_writers, true)) return;
  full_writers_.push_back(session.id);
}

// Called when the session's credit rose or its queue shrank.
void Channel::Impl::ConsiderWriter(Session& session) {
  if (!session.wants_writable || session.queue.size() > context_.settings.session_queue_max / 2)
    return;
  if (queued_bytes_ >= context_.settings.channel_queue_max) return WaitForChannel(session);
  if (!session.sends_messages && Room(session) == 0) return;
  session.wants_writable = false;
  ready_writers_.push_back(session.id);
}

// Called when the channel's queue shrank: as many of those who wait for that, first come first
// served, as there is a fair piece of room for.
void Channel::Impl::ConsiderFullWriters() {
  const std::size_t most = std::max(context_.settings.channel_queue_max, kFairPiece);
  // Each is looked at once: one that has to go on waiting is at the end again.
  for (std::size_t left = full_writers_.size(); left > 0; --left) {
    if (queued_bytes_ + (1 + ready_writers_.size()) * kFairPiece > most) return;
    const SessionId id = full_writers_.front();
    full_writers_.pop_front();
    Session* session = sessions_.Find(id);
    if (!session) continue;
    session->in_full_writers = false;
    ConsiderWriter(*session);
  }
}

void Channel::Impl::NotifyWriters() {
  if (ready_writers_.empty()) return;
  for (SessionId id : std::exchange(ready_writers_, {})) {
    const Session* session = sessions_.Find(id);
    if (session && session->IsOwners()) context_.observer.OnWritable(id);
  }
}

void Channel::Impl::NotifySessionsAvailable() {
  if (sessions_.TakeAvailable() && life_.IsLive()) context_.observer.OnSessionsAvailable();
}

}  // namespace funnel::wire
