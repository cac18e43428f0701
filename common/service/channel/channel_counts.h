// What one channel adds to its edge's counters, which count all its channels together.
//
// Owned by the channel; the counters outlive it. Thread: the loop's.
#pragma once

#include "common/metrics/counters.h"
#include "common/wire/channel/settings.h"

namespace funnel::service {

class ChannelCounts {
 public:
  explicit ChannelCounts(metrics::CounterFile& counters) : counters_(counters) {}

  // NOW has the channel's figures since its start. Adds to the counters what they grew by since the
  // last call, and returns by how much the number of stuck sessions grew, which the channel logs.
  [[nodiscard]] std::uint64_t Take(const wire::ChannelStats& now);

 private:
  metrics::CounterFile& counters_;
  wire::ChannelStats taken_;
};

}  // namespace funnel::service
