#include "sctp/send/message_buffer.h"

namespace sctp {

// A stream of which little waits gets more room than one that fills the buffer, so that a request
// need not wait until bulk data has been sent.
bool MessageBuffer::HasRoomFor(StreamId stream, std::size_t bytes) const {
  constexpr std::size_t kLittle = 16 * 1024;
  const std::size_t waiting = queue_.WaitingBytes(stream);
  const bool little = waiting == 0 || waiting + bytes <= kLittle;
  return bytes_ == 0 ||
         bytes_ + bytes <= settings_.buffer_bytes + (little ? settings_.buffer_bytes / 8 : 0);
}

SendStatus MessageBuffer::Push(StreamId stream, ByteView message, const SendOptions& options) {
  if (stream.value() >= settings_.queue.streams || message.empty()) return SendStatus::kGone;
  if (message.size() > settings_.max_message_bytes) return SendStatus::kTooLarge;
  if (!HasRoomFor(stream, message.size())) {
    was_full_ = true;
    return SendStatus::kFull;
  }

  const MessageId id = slots_.Add(message);
  OutgoingMessage& added = slots_[id];
  added.stream = stream;
  added.unordered = options.unordered;
  added.protocol = options.protocol;
  added.copy = options.copy;
  if (settings_.partial_reliability) added.deadline = options.deadline;
  if (options.share) queue_.Configure(stream, *options.share);
  bytes_ += message.size();

  if (holding_)
    held_.push_back(id);
  else
    queue_.Push(id);
  return SendStatus::kSent;
}

void MessageBuffer::Release() {
  holding_ = false;
  for (const MessageId id : held_) queue_.Push(id);
  held_.clear();
}

bool MessageBuffer::TakeWritable() {
  // Not for each message that is sent; and early enough that the rest does not run out meanwhile.
  if (!was_full_ || bytes_ > settings_.buffer_bytes - settings_.buffer_bytes / 8) return false;
  was_full_ = false;
  return true;
}

std::optional<Fragment> MessageBuffer::Cut(std::size_t space, std::size_t full, std::size_t room,
                                           TimePoint now) {
  const std::uint64_t expired = queue_.expired_bytes();
  const auto fragment = queue_.Cut(space, full, room, now);
  bytes_ -= queue_.expired_bytes() - expired;
  return fragment;
}

void MessageBuffer::RemoveIfOver(MessageId id) {
  const OutgoingMessage& message = slots_[id];
  if (message.chunks > 0 || message.queued) return;
  bytes_ -= message.bytes.size();
  slots_.Remove(id);
}

bool MessageBuffer::OnlyHeldIsKept() const {
  std::size_t bytes = 0;
  for (const MessageId id : held_) bytes += slots_[id].bytes.size();
  return bytes_ == bytes && slots_.used() == held_.size();
}

}  // namespace sctp
