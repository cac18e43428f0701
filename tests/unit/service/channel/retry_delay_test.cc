#include "common/service/channel/retry_delay.h"

#include <gtest/gtest.h>

namespace funnel::service {
namespace {

using Cause = RetryDelay::Cause;
using namespace std::chrono_literals;

TEST(RetryDelay, SpreadsEdgesThatLostTheSameProcess) {
  RetryDelay early([] { return 0.0; }), late([] { return 0.999; });
  EXPECT_EQ(early.Next(Cause::kLost, 5s, 60s), 50ms);
  EXPECT_GT(late.Next(Cause::kLost, 5s, 60s), 1900ms);
  EXPECT_LE(late.Next(Cause::kLost, 5s, 60s), 2000ms);
}

TEST(RetryDelay, ComesAtOnceWhereAnotherAssociationIsUpAlready) {
  RetryDelay late([] { return 0.999; });
  EXPECT_LE(late.Next(Cause::kMoved, 5s, 60s), 20ms);
}

TEST(RetryDelay, UnprovenRefusalsNeverDelayBeyondFiveSeconds) {
  RetryDelay delay([] { return 0.999; });
  std::chrono::milliseconds last{0};
  for (int i = 0; i < 20; ++i) {
    auto next = delay.Next(Cause::kUnproven, 5s, 60s);
    EXPECT_GE(next, last);
    EXPECT_LE(next, 5s);
    last = next;
  }
}

TEST(RetryDelay, ProvenRefusalsDoubleToTheMaximum) {
  RetryDelay delay([] { return 0.0; });
  EXPECT_EQ(delay.Next(Cause::kProven, 5s, 60s), 5s);
  EXPECT_EQ(delay.Next(Cause::kProven, 5s, 60s), 10s);
  for (int i = 0; i < 5; ++i) (void)delay.Next(Cause::kProven, 5s, 60s);
  EXPECT_EQ(delay.Next(Cause::kProven, 5s, 60s), 60s);
}

TEST(RetryDelay, StartsAgainOnceItWorked) {
  RetryDelay delay([] { return 0.0; });
  (void)delay.Next(Cause::kProven, 5s, 60s);
  (void)delay.Next(Cause::kProven, 5s, 60s);
  delay.OnUp();
  EXPECT_EQ(delay.Next(Cause::kProven, 5s, 60s), 5s);
}

}  // namespace
}  // namespace funnel::service
