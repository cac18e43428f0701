// Messages that wait to be sent, by stream, and how they are cut into chunks. With I-DATA any
// stream may be next after each chunk, as long as the receiver has room for the rest of all
// messages that were begun. Otherwise its window could fill with beginnings, none of which could
// ever be finished. With DATA a message that was begun is finished first.
#pragma once

#include <optional>

#include "sctp/send/outgoing_message.h"
#include "sctp/send/stream_scheduler.h"
#include "sctp/wire/data_chunk.h"

namespace sctp {

// The content of one chunk.
struct Fragment {
  MessageId message;
  std::uint32_t offset = 0;
  std::uint16_t length = 0;
  std::uint32_t fsn = 0;
  bool begin = false, end = false;
};

class SendQueue {
 public:
  struct Settings {
    DataFormat format = DataFormat::kIData;
    std::uint16_t streams = 1;
  };
  // SLOTS outlives it.
  SendQueue(const Settings& settings, MessageSlots& slots) : settings_(settings), slots_(slots) {}

  void Configure(StreamId stream, const StreamShare& share) { scheduler_.Configure(stream, share); }
  // MESSAGE's stream must be valid and its bytes not empty.
  void Push(MessageId message);

  // Cuts the next chunk: at most SPACE bytes of payload, where an otherwise empty packet has room
  // for FULL. nullopt: nothing waits, or what is next should begin a new packet. A message that
  // fits into a packet is not cut. ROOM is what the receiver can take in addition to what is on its
  // way.
  [[nodiscard]] std::optional<Fragment> Cut(std::size_t space, std::size_t full, std::size_t room,
                                            TimePoint now);
  // A message that was begun and has expired before it was completely cut; it is not in the queue
  // any more.
  [[nodiscard]] std::optional<MessageId> TakeExpired();

  [[nodiscard]] bool empty() const { return messages_ == 0; }
  [[nodiscard]] std::size_t messages() const { return messages_; }
  [[nodiscard]] std::size_t with_deadline() const { return with_deadline_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Messages that were given up before any part was sent.
  [[nodiscard]] std::uint64_t expired() const { return expired_; }
  [[nodiscard]] std::uint64_t expired_bytes() const { return expired_bytes_; }
  // The most that the next chunk would carry, of the message whose turn it is.
  [[nodiscard]] std::size_t NextBytes() const;
  // Bytes of STREAM that are not cut yet.
  [[nodiscard]] std::size_t WaitingBytes(StreamId stream) const {
    return stream.value() < streams_.size() ? streams_[stream.value()].bytes : 0;
  }

 private:
  struct Stream {
    MessageId first, last;
    std::uint32_t messages = 0;
    std::size_t bytes = 0;  // not cut yet
    Mid next_ordered, next_unordered;
  };
  [[nodiscard]] Stream& StreamOf(StreamId stream);
  void PopFirst(Stream& stream);
  // Drops expired messages at the front of the stream whose turn it is. False: it has no others.
  bool DropExpired(Stream& stream, TimePoint now);
  // If the receiver has no room for another beginning, a message that was begun goes first.
  [[nodiscard]] std::optional<StreamId> NextStream(std::size_t full, std::size_t room);
  void Begin(Stream& stream, OutgoingMessage& message, bool alone);
  void EndOfBegun(const OutgoingMessage& message);
  void TakeTurn(const Stream& stream, const OutgoingMessage& message, const Fragment& fragment);

  Settings settings_;
  MessageSlots& slots_;
  StreamScheduler scheduler_;
  std::vector<Stream> streams_;  // up to the last one that was used
  // The stream that sends next out of turn, because its message was begun.
  std::optional<StreamId> unfinished_;
  // I-DATA only: streams whose first message was begun and needs several chunks, the oldest first;
  // and how much of these messages is not cut.
  std::vector<StreamId> begun_;
  std::size_t begun_bytes_ = 0;
  std::size_t messages_ = 0, with_deadline_ = 0, bytes_ = 0;
  std::uint64_t expired_ = 0, expired_bytes_ = 0;
  std::vector<MessageId> half_sent_;  // for TakeExpired
};

}  // namespace sctp
