#include "funnel-udpd/waiting_queue.h"

#include <algorithm>

namespace funnel::udpd {

void WaitingQueue::Push(const FlowKey& key, ByteView datagram,
                        const module::DatagramVerdict& verdict, TimePoint until,
                        const Limits& limits) {
  if (limits.datagrams == 0 || datagram.size() > limits.bytes) return dropped_(key);
  while (all_.size() >= limits.datagrams || bytes_ + datagram.size() > limits.bytes) DropFront();
  // A reload may have made connect-wait shorter.
  if (!all_.empty()) until = std::max(until, all_.back().until);
  all_.push_back({key, until, {datagram.begin(), datagram.end()}, verdict});
  bytes_ += datagram.size();
}

void WaitingQueue::Pop() {
  bytes_ -= all_.front().datagram.size();
  all_.pop_front();
}

void WaitingQueue::DropFront() {
  const FlowKey key = all_.front().key;
  Pop();
  dropped_(key);
}

void WaitingQueue::Expire(TimePoint now) {
  while (!all_.empty() && now >= all_.front().until) DropFront();
}

}  // namespace funnel::udpd
