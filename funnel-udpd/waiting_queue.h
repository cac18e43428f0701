// Datagrams that came while no channel could take them, the oldest first. Bounded by their number,
// by their bytes, and by time: the oldest go, and their senders are reported.
//
// Owned by ListenSide, on the loop's thread.
#pragma once

#include <deque>
#include <functional>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "funnel-udpd/flow.h"

namespace funnel::udpd {

class WaitingQueue {
 public:
  struct Waiting {
    FlowKey key;
    TimePoint until;
    Bytes datagram;
  };
  struct Limits {
    std::size_t datagrams = 0;
    std::size_t bytes = 0;
  };
  // For each that is given up.
  using Dropped = std::function<void(const FlowKey& key)>;

  explicit WaitingQueue(Dropped dropped) : dropped_(std::move(dropped)) {}

  // It goes in its turn: not before those that came earlier, whatever UNTIL says.
  void Push(const FlowKey& key, ByteView datagram, TimePoint until, const Limits& limits);
  // The oldest; nullptr: none.
  [[nodiscard]] const Waiting* front() const { return all_.empty() ? nullptr : &all_.front(); }
  // It has been sent.
  void Pop();
  void DropFront();
  // Drops those whose time is over.
  void Expire(TimePoint now);
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  Dropped dropped_;
  std::deque<Waiting> all_;
  std::size_t bytes_ = 0;
};

}  // namespace funnel::udpd
