#include "sctp/send/stream_scheduler.h"

#include <algorithm>
#include <cassert>

namespace sctp {
namespace {

// The virtual time of one byte at weight 1: large enough to be divided by weights, and small enough
// to count 18 PB.
constexpr std::uint64_t kByte = 1 << 10;

}  // namespace

StreamScheduler::Stream& StreamScheduler::StreamOf(StreamId stream) {
  if (stream.value() >= streams_.size()) streams_.resize(stream.value() + 1u);
  return streams_[stream.value()];
}

void StreamScheduler::Configure(StreamId stream, const StreamShare& share) {
  assert(share.priority < kPriorities && share.weight > 0);
  Stream& configured = StreamOf(stream);
  // Each priority has its own virtual time, which means nothing in another one.
  if (configured.share.priority != share.priority) configured.finish = 0;
  configured.share = share;
}

void StreamScheduler::Enter(StreamId id) {
  Stream& stream = StreamOf(id);
  // A stream gains nothing by silence: it continues where the others are.
  stream.finish = std::max(stream.finish, virtual_time_[stream.share.priority]);
  turns_.push_back({stream.share.priority, stream.finish, order_++, id});
  std::push_heap(turns_.begin(), turns_.end());
}

void StreamScheduler::Activate(StreamId stream) {
  if (StreamOf(stream).active) return;
  StreamOf(stream).active = true;
  Enter(stream);
}

std::optional<StreamId> StreamScheduler::Next() const {
  if (turns_.empty()) return std::nullopt;
  return turns_.front().stream;
}

void StreamScheduler::Charge(std::size_t bytes, bool more) {
  assert(!turns_.empty());
  std::pop_heap(turns_.begin(), turns_.end());
  const Turn turn = turns_.back();
  turns_.pop_back();
  Stream& stream = StreamOf(turn.stream);
  virtual_time_[turn.priority] = std::max(virtual_time_[turn.priority], turn.start);
  if (turn.priority == stream.share.priority)
    stream.finish = turn.start + bytes * kByte / stream.share.weight;
  stream.active = more;
  if (more) Enter(turn.stream);
}

}  // namespace sctp
