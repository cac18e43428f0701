// What a datagram is sent with, which is the owner's choice for each.
#pragma once

#include <chrono>
#include <cstdint>

namespace funnel::wire {

struct DatagramTerms {
  // It is dropped, here, in SCTP or at a relay, when it is this old; 0: it is sent until it
  // arrives.
  std::chrono::milliseconds lifetime{0};
  bool urgent = false;  // it goes before others of its channel that wait
  // The DSCP of the packet in which it came, 0 to 63: the far side is told (MARK).
  std::uint8_t dscp = 0;
  bool operator==(const DatagramTerms&) const = default;
};

}  // namespace funnel::wire
