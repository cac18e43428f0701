// Lifetimes: what expires before, during and after sending.
#include <gtest/gtest.h>

#include "tests/sctp/send/sender_harness.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using Numbers = std::vector<std::uint32_t>;

class ExpiryTest : public ::testing::Test, protected testing::SenderHarness {};

TEST_F(ExpiryTest, WhatExpiresUnsentCostsNothing) {
  (void)Sack(0, {}, {}, 0);
  Push(900);
  EXPECT_EQ(Packets(), Numbers{1});
  Push(900, {.deadline = now + 50ms});
  Push(900);
  now += 60ms;
  (void)Sack(1);
  EXPECT_EQ(Packets(), Numbers{2});
  now += 40ms;
  (void)Sack(2);
  EXPECT_TRUE(sender.drained());
  EXPECT_EQ(skipped_to, 0u);
  EXPECT_EQ(sender.counters().expired_messages, 1u);
}

TEST_F(ExpiryTest, WhatExpiresInFlightIsSkippedWhereItWouldBeSentAgain) {
  Push(900, {.unordered = true, .deadline = now + 45ms}, 3);
  for (int i = 0; i < 3; ++i) Push(900);
  (void)Packets();
  now += 50ms;
  (void)Sack(0, {{2, 4}});
  EXPECT_EQ(Packets(), Numbers{});
  EXPECT_EQ(Packets(), Numbers{});
  EXPECT_EQ(skipped_to, 1u);
  ASSERT_EQ(skips.size(), 1u);
  EXPECT_EQ(skips[0], (Skipped{StreamId(3), true, Mid(0)}));
  // Repeated until it is acknowledged.
  skipped_to = 0;
  now += 200ms;
  (void)Packets();
  EXPECT_EQ(skipped_to, 1u);
  (void)Sack(4);
  EXPECT_TRUE(sender.drained());
  EXPECT_EQ(sender.NextTimer(now), TimePoint::max());
}

// The half that was sent has arrived; one more TSN stands for the rest, for which the peer must not
// wait.
TEST_F(ExpiryTest, AHalfSentMessageThatExpiresIsSkippedToo) {
  (void)Sack(0, {}, {}, 0);
  Push(1900, {.deadline = now + 45ms});
  EXPECT_EQ(Packets(), Numbers{1});
  now += 50ms;
  (void)Sack(1);
  (void)Packets();
  (void)Packets();
  EXPECT_EQ(skipped_to, 2u);
  ASSERT_EQ(skips.size(), 1u);
  EXPECT_EQ(skips[0], (Skipped{StreamId(1), false, Mid(0)}));
  Push(10);
  EXPECT_EQ(Packets(), Numbers{3});
  (void)Sack(3);
  EXPECT_TRUE(sender.drained());
  EXPECT_EQ(sender.messages().bytes(), 0u);
}

// Given up because of a lost fragment while its rest still waits for the peer's window, and skipped
// by the peer before it leaves the queue.
TEST_F(ExpiryTest, WhatIsSkippedBeforeItLeavesTheQueueIsForgotten) {
  (void)Sack(0, {}, {}, 0);
  Push(1900, {.deadline = now + 45ms});
  EXPECT_EQ(Packets(), Numbers{1});
  now += 2s;
  Timer();  // a probe
  EXPECT_EQ(Packets(), Numbers{1});
  now += 2s;
  Timer();  // a timeout: lost
  (void)Packets();
  EXPECT_EQ(skipped_to, 2u);
  (void)Sack(2);
  (void)Packets();
  EXPECT_TRUE(sender.drained());
  EXPECT_EQ(sender.messages().bytes(), 0u);
  EXPECT_TRUE(sender.InvariantsHold());
}

// A gap block is withdrawn after its message was given up: it is not sent again.
TEST_F(ExpiryTest, WhatIsTakenBackOfAGivenUpMessageIsSkipped) {
  Push(2900, {.deadline = now + 45ms});
  EXPECT_EQ(Packets(), (Numbers{1, 2, 3}));
  (void)Sack(0, {{2, 2}});
  now += 2s;
  Timer();
  (void)Packets();
  now += 2s;
  Timer();
  (void)Packets();
  EXPECT_EQ(skipped_to, 3u);
  (void)Sack(1);
  EXPECT_EQ(Packets(), Numbers{});
  now += 2s;
  (void)Packets();
  EXPECT_EQ(skipped_to, 3u);
  (void)Sack(3);
  EXPECT_TRUE(sender.drained());
  EXPECT_EQ(sender.messages().bytes(), 0u);
}

}  // namespace
}  // namespace sctp
