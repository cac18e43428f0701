#include "common/service/channel/channel_counts.h"

#include <gtest/gtest.h>

#include "common/service/counters.h"

namespace funnel::service {
namespace {

struct ChannelCountsTest : testing::Test {
  std::uint64_t Counted(Counter counter) { return counters[counter].value(); }
  metrics::CounterFile counters = metrics::CounterFile::InMemory(kCommonTable);
  ChannelCounts counts{counters};
};

TEST_F(ChannelCountsTest, AddsWhatHasGrown) {
  EXPECT_EQ(counts.Take({.frames_sent = 3, .forged = 1}), 0u);
  EXPECT_EQ(counts.Take({.frames_sent = 5, .forged = 1}), 0u);
  EXPECT_EQ(Counted(kFramesSent), 5u);
  EXPECT_EQ(Counted(kFramesForged), 1u);
}

TEST_F(ChannelCountsTest, TheNextChannelGoesOnFromThere) {
  (void)counts.Take({.bytes_sent = 100});
  ChannelCounts next(counters);
  (void)next.Take({.bytes_sent = 20});
  EXPECT_EQ(Counted(kPayloadBytesSent), 120u);
}

TEST_F(ChannelCountsTest, ReportsSessionsThatGotStuckOnce) {
  EXPECT_EQ(counts.Take({.sessions_stuck = 2}), 2u);
  EXPECT_EQ(counts.Take({.sessions_stuck = 2}), 0u);
  EXPECT_EQ(counts.Take({.sessions_stuck = 3}), 1u);
  EXPECT_EQ(Counted(kSessionsStuck), 3u);
}

}  // namespace
}  // namespace funnel::service
