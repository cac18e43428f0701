// Hosts to which trains of packets (GSO) were refused, for a while: their route is narrower than
// the segments, or its device cannot take trains. The others' trains go on; and a route that was
// narrow for a moment, or was said to be by an ICMP message that anybody could have made up, has
// its own again soon.
#pragma once

#include <unordered_map>

#include "common/base/clock.h"
#include "funnel-sctpd/engine/address.h"

namespace funnel::sctp {

class TrainLimits {
 public:
  // Then the next train is tried: a system call that is refused, if nothing has changed.
  static constexpr Duration kKept = std::chrono::minutes(1);
  // Hosts remembered; one more, and all are forgotten, which costs each the same.
  static constexpr std::size_t kMost = 1024;

  // The largest segment that a train to HOST may have; ports do not count. 0: none at all.
  [[nodiscard]] std::size_t LargestSegment(const TransportAddress& host, TimePoint now) const;
  // A train whose segments are larger than SEGMENT_BYTES was refused.
  void Limit(const TransportAddress& host, std::size_t segment_bytes, TimePoint now);
  [[nodiscard]] std::size_t size() const { return hosts_.size(); }

 private:
  struct Entry {
    std::size_t segment_bytes;
    TimePoint until;
  };
  std::unordered_map<TransportAddress, Entry> hosts_;
};

}  // namespace funnel::sctp
