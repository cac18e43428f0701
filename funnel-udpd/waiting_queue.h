// Datagrams that came while no channel could take them, the oldest first. Their number, their bytes
// and their time are limited: the oldest are dropped, and their senders are reported.
//
// Owned by ListenSide, on the loop's thread.
#pragma once

#include <deque>
#include <functional>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/module/datagram_verdict.h"
#include "funnel-udpd/flow.h"

namespace funnel::udpd {

class WaitingQueue {
 public:
  struct Waiting {
    FlowKey key;
    TimePoint until;
    Bytes datagram;
    module::DatagramVerdict verdict;
  };
  struct Limits {
    std::size_t datagrams = 0;
    std::size_t bytes = 0;
  };
  // Called for each datagram that is dropped.
  using Dropped = std::function<void(const FlowKey& key)>;

  explicit WaitingQueue(Dropped dropped) : dropped_(std::move(dropped)) {}

  // It keeps its place: it is not sent or dropped before earlier ones, whatever UNTIL says.
  void Push(const FlowKey& key, ByteView datagram, const module::DatagramVerdict& verdict,
            TimePoint until, const Limits& limits);
  // The oldest; nullptr: there is none.
  [[nodiscard]] const Waiting* front() const { return all_.empty() ? nullptr : &all_.front(); }
  // The oldest was sent.
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
