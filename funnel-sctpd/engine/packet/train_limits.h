// Remembers for a while the hosts to which trains of packets (GSO) were refused: their route is
// narrower than the segments, or its device cannot take trains. Other hosts get trains as before. A
// route that was narrow for a moment soon gets trains again, and so does one that only an ICMP
// message, which anybody can make up, called narrow.
#pragma once

#include <unordered_map>

#include "common/base/clock.h"
#include "funnel-sctpd/engine/address.h"

namespace funnel::sctp {

class TrainLimits {
 public:
  // After this time the next train is tried. If nothing has changed, that costs one refused system
  // call.
  static constexpr Duration kKept = std::chrono::minutes(1);
  // Hosts remembered. When one more comes, all are forgotten, which costs each of them one refused
  // call.
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
