#include "funnel-udpd/held_datagrams.h"

namespace funnel::udpd {

std::size_t HeldDatagrams::Add(ByteView datagram, std::size_t max_bytes, TimePoint now) {
  std::size_t lost = 0;
  for (; !all_.empty() && (all_.size() >= kMost || held_.now + datagram.size() > max_bytes); ++lost)
    DropFront();
  if (held_.now + datagram.size() > max_bytes) return lost + 1;
  all_.push_back({now, {datagram.begin(), datagram.end()}});
  held_.now += datagram.size();
  return lost;
}

std::size_t HeldDatagrams::DropOlder(Duration lifetime, TimePoint now) {
  std::size_t dropped = 0;
  for (; lifetime.count() > 0 && !all_.empty() && now - all_.front().since >= lifetime; ++dropped)
    DropFront();
  return dropped;
}

void HeldDatagrams::DropFront() {
  held_.now -= all_.front().datagram.size();
  all_.erase(all_.begin());
}

void HeldDatagrams::Clear() {
  while (!all_.empty()) DropFront();
}

}  // namespace funnel::udpd
