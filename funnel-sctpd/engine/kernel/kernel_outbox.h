// Messages of one association that were taken over in this turn of the loop, or that the kernel had
// no room for yet: they go to it many at a time, so that small ones share packets.
#pragma once

#include <deque>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctp {

class KernelOutbox {
 public:
  struct Message {
    StreamId stream;
    bool unordered = false;
    TimePoint deadline = TimePoint::max();
    Bytes bytes;
  };

  // What a message of SIZE bytes takes of a send buffer, roughly: the kernel counts its memory.
  [[nodiscard]] static std::size_t Cost(std::size_t size) {
    constexpr std::size_t kPacketBytes = 1400, kOverheadBytes = 1000;
    return size + (size / kPacketBytes + 1) * kOverheadBytes;
  }

  void Push(StreamId stream, ByteView message, const SendOptions& options, TimePoint now) {
    cost_ += Cost(message.size());
    messages_.push_back({stream, options.unordered,
                         options.lifetime.count() > 0 ? now + options.lifetime : TimePoint::max(),
                         Bytes(message.begin(), message.end())});
  }
  // First in, first out.
  void Pop() {
    cost_ -= Cost(messages_.front().bytes.size());
    messages_.pop_front();
  }
  void PopExpired() {
    Pop();
    ++expired_;
  }
  void Clear() {
    messages_.clear();
    cost_ = 0;
  }
  [[nodiscard]] bool empty() const { return messages_.empty(); }
  [[nodiscard]] std::size_t size() const { return messages_.size(); }
  [[nodiscard]] const Message& front() const { return messages_.front(); }
  [[nodiscard]] const Message& at(std::size_t i) const { return messages_[i]; }
  [[nodiscard]] std::size_t cost() const { return cost_; }
  // Messages dropped because their lifetime ended here; only grows.
  [[nodiscard]] std::uint64_t expired() const { return expired_; }

 private:
  std::deque<Message> messages_;
  std::size_t cost_ = 0;
  std::uint64_t expired_ = 0;
};

}  // namespace funnel::sctp
