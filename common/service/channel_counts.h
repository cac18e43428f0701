// What one channel adds to the counters of its edge, which go on over all its channels.
//
// Owned by the channel; the counters outlive it. Thread: the loop's.
#pragma once

#include "common/metrics/counters.h"
#include "common/wire/channel/settings.h"

namespace funnel::service {

class ChannelCounts {
 public:
  explicit ChannelCounts(metrics::CounterFile& counters) : counters_(counters) {}

  // NOW: the channel's figures since its start. Adds what they have grown by since the last time,
  // and yields that growth of the sessions that got stuck, which the channel logs.
  [[nodiscard]] std::uint64_t Take(const wire::ChannelStats& now);

 private:
  metrics::CounterFile& counters_;
  wire::ChannelStats taken_;
};

}  // namespace funnel::service
