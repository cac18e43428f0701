// Messages with a lifetime that wait for the congestion window here and not in libusrsctp, which
// looks at a lifetime only once a message has been sent: what waited there past its time would
// still be sent, late, before anything fresh.
#pragma once

#include <deque>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"

namespace funnel::sctp {

class HeldMessages {
 public:
  struct Message {
    StreamId stream;
    bool unordered = false;
    TimePoint deadline;
    Bytes bytes;
  };

  // First in, first out, expired or not.
  void Push(Message message) {
    bytes_ += message.bytes.size();
    messages_.push_back(std::move(message));
  }
  [[nodiscard]] bool empty() const { return messages_.empty(); }
  [[nodiscard]] const Message& front() const { return messages_.front(); }
  void Pop() {
    bytes_ -= messages_.front().bytes.size();
    messages_.pop_front();
  }
  // The caller keeps this within its limit.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return messages_.size(); }

 private:
  std::deque<Message> messages_;
  std::size_t bytes_ = 0;
};

}  // namespace funnel::sctp
