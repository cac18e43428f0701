#include "funnel-sctpd/engine/packet/train_limits.h"

#include <cstdint>

namespace funnel::sctp {

std::size_t TrainLimits::LargestSegment(const TransportAddress& host, TimePoint now) const {
  if (hosts_.empty()) return SIZE_MAX;
  auto found = hosts_.find(host.WithPort(0));
  return found == hosts_.end() || now >= found->second.until ? SIZE_MAX
                                                             : found->second.segment_bytes;
}

void TrainLimits::Limit(const TransportAddress& host, std::size_t segment_bytes, TimePoint now) {
  const TransportAddress key = host.WithPort(0);
  if (hosts_.size() >= kMost && !hosts_.contains(key)) {
    std::erase_if(hosts_, [&](const auto& entry) { return now >= entry.second.until; });
    if (hosts_.size() >= kMost) hosts_.clear();
  }
  hosts_[key] = {segment_bytes, now + kKept};
}

}  // namespace funnel::sctp
