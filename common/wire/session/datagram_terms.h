// What a datagram is sent with, which is the owner's choice for each.
#pragma once

#include <chrono>

namespace funnel::wire {

struct DatagramTerms {
  // It is dropped, here, in SCTP or at a relay, when it is this old; 0: it is sent until it
  // arrives.
  std::chrono::milliseconds lifetime{0};
  bool urgent = false;  // it goes before others of its channel that wait
  bool operator==(const DatagramTerms&) const = default;
};

}  // namespace funnel::wire
