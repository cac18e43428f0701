// Sender: what it takes, and keeps until it may leave.
#include "sctp/send/sender.h"

namespace sctp {

// A stream of which little waits gets more room than one that fills the buffer: a request need not
// wait until bulk has left.
bool Sender::HasRoomFor(StreamId stream, std::size_t bytes) const {
  constexpr std::size_t kLittle = 16 * 1024;
  const std::size_t waiting = queue_.WaitingBytes(stream);
  const bool little = waiting == 0 || waiting + bytes <= kLittle;
  return buffered_ == 0 ||
         buffered_ + bytes <= settings_.buffer_bytes + (little ? settings_.buffer_bytes / 8 : 0);
}

SendStatus Sender::Push(StreamId stream, ByteView message, const SendOptions& options) {
  if (stream.value() >= settings_.queue.streams || message.empty()) return SendStatus::kGone;
  if (message.size() > settings_.max_message_bytes) return SendStatus::kTooLarge;
  if (!HasRoomFor(stream, message.size())) {
    full_told_ = true;
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
  buffered_ += message.size();
  if (holding_)
    held_.push_back(id);
  else
    queue_.Push(id);
  ++counters_.messages;
  return SendStatus::kSent;
}

void Sender::Release() {
  holding_ = false;
  for (const MessageId id : held_) queue_.Push(id);
  held_.clear();
}

bool Sender::TakeWritable() {
  // Not for each message that has left; and not so late that what is left runs out meanwhile.
  if (!full_told_ || buffered_ > settings_.buffer_bytes - settings_.buffer_bytes / 8) return false;
  full_told_ = false;
  return true;
}

}  // namespace sctp
