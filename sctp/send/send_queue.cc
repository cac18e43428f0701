#include "sctp/send/send_queue.h"

#include <algorithm>
#include <utility>

namespace sctp {
namespace {

// A message that must be cut in any case begins in the rest of a packet only if that rest is worth
// the header of a chunk.
constexpr std::size_t kLeastFragment = 256;

}  // namespace

SendQueue::Stream& SendQueue::StreamOf(StreamId stream) {
  if (stream.value() >= streams_.size()) streams_.resize(stream.value() + 1u);
  return streams_[stream.value()];
}

void SendQueue::Push(MessageId id) {
  OutgoingMessage& message = slots_[id];
  assert(message.stream.value() < settings_.streams && !message.bytes.empty());
  message.queued = true;
  Stream& stream = StreamOf(message.stream);
  if (stream.messages++ == 0)
    stream.first = id;
  else
    slots_[stream.last].next = id;
  stream.last = id;
  ++messages_;
  if (message.deadline != TimePoint::max()) ++with_deadline_;
  bytes_ += message.bytes.size();
  stream.bytes += message.bytes.size();
  scheduler_.Activate(message.stream);
}

void SendQueue::PopFirst(Stream& stream) {
  OutgoingMessage& message = slots_[stream.first];
  message.queued = false;
  const std::size_t left = message.bytes.size() - message.cut_bytes;
  bytes_ -= left;
  stream.bytes -= left;
  if (message.begun) EndOfBegun(message);
  --messages_;
  if (message.deadline != TimePoint::max()) --with_deadline_;
  --stream.messages;
  stream.first = message.next;
}

bool SendQueue::DropExpired(Stream& stream, TimePoint now) {
  while (stream.messages > 0 && slots_[stream.first].deadline <= now) {
    const MessageId id = stream.first;
    PopFirst(stream);
    if (slots_[id].begun) {
      half_sent_.push_back(id);
    } else {
      ++expired_;
      expired_bytes_ += slots_[id].bytes.size();
      slots_.Remove(id);
    }
  }
  return stream.messages > 0;
}

std::optional<StreamId> SendQueue::NextStream(std::size_t full, std::size_t room) {
  if (unfinished_) return unfinished_;
  const auto next = scheduler_.Next();
  if (begun_.empty() || !next || streams_[next->value()].messages == 0) return next;
  const OutgoingMessage& message = slots_[streams_[next->value()].first];
  const std::size_t size = message.bytes.size();
  if (!message.begun && size > full && begun_bytes_ + size > room) unfinished_ = begun_.front();
  return unfinished_ ? unfinished_ : next;
}

// ALONE: one chunk contains all of it.
void SendQueue::Begin(Stream& stream, OutgoingMessage& message, bool alone) {
  message.begun = true;
  if (settings_.format == DataFormat::kIData && !alone) {
    begun_.push_back(message.stream);
    begun_bytes_ += message.bytes.size();
  }
  Mid& next = message.unordered ? stream.next_unordered : stream.next_ordered;
  if (settings_.format == DataFormat::kIData || !message.unordered) {
    message.mid = next;
    ++next;
  }
}

void SendQueue::EndOfBegun(const OutgoingMessage& message) {
  const auto found = std::ranges::find(begun_, message.stream);
  if (found == begun_.end()) return;
  begun_bytes_ -= message.bytes.size() - message.cut_bytes;
  begun_.erase(found);
}

// With I-DATA a turn is one chunk. With DATA it is one message, because the TSNs of its chunks must
// be consecutive: it is charged at its beginning, and continues even when it is another stream's
// turn.
void SendQueue::TakeTurn(const Stream& stream, const OutgoingMessage& message,
                         const Fragment& fragment) {
  if (settings_.format == DataFormat::kIData) {
    // A stream that sends out of turn is not charged: it sends so little that the others do not
    // notice.
    if (!std::exchange(unfinished_, std::nullopt))
      scheduler_.Charge(fragment.length, stream.messages > 0);
    return;
  }
  if (fragment.begin)
    scheduler_.Charge(message.bytes.size(), stream.messages > (fragment.end ? 0 : 1));
  unfinished_ = fragment.end ? std::nullopt : std::optional(message.stream);
}

std::optional<Fragment> SendQueue::Cut(std::size_t space, std::size_t full, std::size_t room,
                                       TimePoint now) {
  while (const auto id = NextStream(full, room)) {
    Stream& stream = StreamOf(*id);
    const MessageId before = stream.first;
    const bool left_any = DropExpired(stream, now);

    if (unfinished_ && (!left_any || stream.first != before)) {
      unfinished_.reset();
      if (left_any) scheduler_.Activate(*id);
      continue;
    }

    if (!left_any) {
      scheduler_.Charge(0, /*more=*/false);
      continue;
    }

    OutgoingMessage& message = slots_[stream.first];
    const std::size_t left = message.bytes.size() - message.cut_bytes;
    const std::size_t wanted = std::min(left, full);

    if (space < wanted && (space < kLeastFragment || left <= full)) {
      if (settings_.format == DataFormat::kIData) unfinished_.reset();
      return std::nullopt;
    }

    const std::size_t length = std::min(space, left);
    if (!message.begun) Begin(stream, message, length == left);
    const Fragment fragment{.message = stream.first,
                            .offset = message.cut_bytes,
                            .length = static_cast<std::uint16_t>(length),
                            .fsn = message.next_fsn++,
                            .begin = message.cut_bytes == 0,
                            .end = length == left};

    message.cut_bytes += static_cast<std::uint32_t>(length);
    ++message.chunks;
    bytes_ -= length;
    stream.bytes -= length;
    if (!(fragment.begin && fragment.end) && settings_.format == DataFormat::kIData)
      begun_bytes_ -= length;

    if (fragment.end) PopFirst(stream);
    TakeTurn(stream, message, fragment);
    return fragment;
  }
  return std::nullopt;
}

std::size_t SendQueue::NextBytes() const {
  const auto id = unfinished_ ? unfinished_ : scheduler_.Next();
  if (!id || streams_[id->value()].messages == 0) return 0;
  const OutgoingMessage& message = slots_[streams_[id->value()].first];
  return message.bytes.size() - message.cut_bytes;
}

std::optional<MessageId> SendQueue::TakeExpired() {
  if (half_sent_.empty()) return std::nullopt;
  const MessageId id = half_sent_.back();
  half_sent_.pop_back();
  return id;
}

}  // namespace sctp
