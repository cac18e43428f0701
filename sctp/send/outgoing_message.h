// Messages that are being sent, from Send until their last byte is acknowledged or given up. They
// are in slots that are used again.
#pragma once

#include <cassert>
#include <vector>

#include "sctp/base/buffer_pool.h"

namespace sctp {

using MessageId = StrongId<struct MessageIdTag, std::uint32_t>;

struct OutgoingMessage {
  StreamId stream;
  bool unordered = false;
  std::uint32_t protocol = 0;
  TimePoint deadline = TimePoint::max();
  bool copy = false;
  Bytes bytes;

  // A message gets its numbers with the first fragment that is sent, not before: so a message that
  // expires unsent leaves no gap that the peer would have to know.
  bool begun = false;
  Mid mid;
  Tsn first_tsn;
  std::uint32_t cut_bytes = 0;  // in chunks so far
  std::uint32_t next_fsn = 0;
  std::uint32_t chunks = 0;  // those not cumulatively acknowledged yet
  bool abandoned = false;
  bool queued = false;  // not completely cut
  MessageId next;       // in its stream
};

class MessageSlots {
 public:
  explicit MessageSlots(BufferPool& buffers) : buffers_(buffers) {}
  [[nodiscard]] OutgoingMessage& operator[](MessageId id) { return slots_[id.value()]; }
  [[nodiscard]] const OutgoingMessage& operator[](MessageId id) const { return slots_[id.value()]; }
  [[nodiscard]] MessageId Add(ByteView bytes) {
    if (free_.empty()) {
      free_.push_back(MessageId(static_cast<std::uint32_t>(slots_.size())));
      slots_.emplace_back();
    }
    const MessageId id = free_.back();
    free_.pop_back();
    slots_[id.value()] = OutgoingMessage{};
    slots_[id.value()].bytes = buffers_.Take(bytes.size());
    slots_[id.value()].bytes.assign(bytes.begin(), bytes.end());
    return id;
  }
  void Remove(MessageId id) {
    buffers_.Give(std::move(slots_[id.value()].bytes));
    slots_[id.value()].bytes = {};
    free_.push_back(id);
  }
  [[nodiscard]] std::size_t used() const { return slots_.size() - free_.size(); }

 private:
  BufferPool& buffers_;
  std::vector<OutgoingMessage> slots_;
  std::vector<MessageId> free_;
};

}  // namespace sctp
