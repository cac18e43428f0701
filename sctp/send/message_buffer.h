// The messages that the sender has accepted, from Push until their last byte is acknowledged or
// given up; how much room there is for more; and those that are held back.
//
// Owned by the sender. Flight has the chunks, and the sender reports each one that is over.
#pragma once

#include <utility>
#include <vector>

#include "sctp/send/outgoing_message.h"
#include "sctp/send/send_options.h"
#include "sctp/send/send_queue.h"

namespace sctp {

class MessageBuffer {
 public:
  struct Settings {
    SendQueue::Settings queue;
    bool partial_reliability = true;
    std::size_t max_message_bytes = 1 << 20;
    // In addition an eighth more, for streams of which little waits.
    std::size_t buffer_bytes = 4 << 20;
  };
  // BUFFERS outlives it.
  MessageBuffer(const Settings& settings, BufferPool& buffers)
      : settings_(settings), slots_(buffers), queue_(settings.queue, slots_) {}
  MessageBuffer(const MessageBuffer&) = delete;
  MessageBuffer& operator=(const MessageBuffer&) = delete;

  [[nodiscard]] SendStatus Push(StreamId stream, ByteView message, const SendOptions& options);
  // From now on Push holds messages back; Release sends them.
  void Hold() { holding_ = true; }
  void Release();
  // True once after kFull, when there is room again.
  [[nodiscard]] bool TakeWritable();

  // SendQueue::Cut; drops messages that have expired meanwhile.
  [[nodiscard]] std::optional<Fragment> Cut(std::size_t space, std::size_t full, std::size_t room,
                                            TimePoint now);
  // A chunk of MESSAGE, which Flight has counted, is cumulatively acknowledged or skipped.
  void OnChunkOver(MessageId message) {
    --slots_[message].chunks;
    RemoveIfOver(message);
  }
  // Drops MESSAGE if no part of it waits or is on its way.
  void RemoveIfOver(MessageId message);

  [[nodiscard]] OutgoingMessage& operator[](MessageId id) { return slots_[id]; }
  [[nodiscard]] const OutgoingMessage& operator[](MessageId id) const { return slots_[id]; }
  [[nodiscard]] const MessageSlots& slots() const { return slots_; }
  // Messages that are neither held nor completely cut.
  [[nodiscard]] SendQueue& queue() { return queue_; }
  [[nodiscard]] const SendQueue& queue() const { return queue_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Messages that are not completely sent, including those that are held.
  [[nodiscard]] std::size_t waiting() const { return queue_.messages() + held_.size(); }
  // Whether only held messages are left.
  [[nodiscard]] bool OnlyHeldIsKept() const;

 private:
  [[nodiscard]] bool HasRoomFor(StreamId stream, std::size_t bytes) const;

  Settings settings_;
  MessageSlots slots_;
  SendQueue queue_;
  std::vector<MessageId> held_;
  bool holding_ = false;
  std::size_t bytes_ = 0;
  bool was_full_ = false;  // OnWritable is due when there is room again
};

}  // namespace sctp
