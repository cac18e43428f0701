#include "common/base/token_bucket.h"

#include <gtest/gtest.h>

namespace funnel {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucketTest, ANewOneIsFullHoweverYoungTheMachineIs) {
  const TokenBucket::Rate rate{.per_second = 1, .at_once = 65536};
  const TimePoint now{1s};  // the clock counts from when the machine started
  TokenBucket bucket;
  EXPECT_TRUE(bucket.Take(rate, now, 65536));
  EXPECT_FALSE(bucket.Take(rate, now));
}

TEST(TokenBucketTest, FillsAsTimePassesAndKeepsNoMoreThanItHolds) {
  const TokenBucket::Rate rate{.per_second = 10, .at_once = 20};
  TimePoint now{1000s};
  TokenBucket bucket;
  EXPECT_TRUE(bucket.Take(rate, now, 20));
  EXPECT_FALSE(bucket.Take(rate, now += 50ms));
  EXPECT_TRUE(bucket.Take(rate, now += 50ms));
  EXPECT_FALSE(bucket.Take(rate, now));
  now += 1h;
  EXPECT_FALSE(bucket.Take(rate, now, 21));
  EXPECT_TRUE(bucket.Take(rate, now, 20));
}

TEST(TokenBucketTest, ARateThatBecomesSmallerHoldsForWhatIsLeft) {
  const TimePoint now{1000s};
  TokenBucket bucket;
  EXPECT_TRUE(bucket.Take({.per_second = 100}, now, 1));
  EXPECT_FALSE(bucket.Take({.per_second = 10}, now, 11));
  EXPECT_TRUE(bucket.Take({.per_second = 10}, now, 10));
}

TEST(TokenBucketTest, ADebtIsPaidAsTimePasses) {
  const TokenBucket::Rate rate{.per_second = 10, .at_once = 20};
  const TimePoint now{1000s};
  TokenBucket bucket;
  EXPECT_EQ(bucket.FreeAt(rate, now), now);
  bucket.Spend(rate, now, 19);
  EXPECT_EQ(bucket.FreeAt(rate, now), now);
  bucket.Spend(rate, now, 20);
  EXPECT_EQ(bucket.FreeAt(rate, now), now + 2s);
  EXPECT_EQ(bucket.FreeAt(rate, now + 1s), now + 2s);
  EXPECT_EQ(bucket.FreeAt(rate, now + 2s), now + 2s);
  EXPECT_TRUE(bucket.Take(rate, now + 2s));
}

}  // namespace
}  // namespace funnel
