// Second copies: when they are sent, and that they falsify nothing.
#include <gtest/gtest.h>

#include "tests/sctp/send/sender_harness.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using Numbers = std::vector<std::uint32_t>;

// The round trip is 40 ms.
class CopiesTest : public ::testing::Test, protected testing::SenderHarness {
 protected:
  void PushCopied(std::size_t size = 100) { Push(size, {.copy = true}); }
  // The measured round trip.
  void Later(Duration span) {
    now += span;
    Timer();
  }
};

TEST_F(CopiesTest, LeaveOnceMoreAndLater) {
  PushCopied();
  EXPECT_EQ(Packets(), Numbers{1});
  EXPECT_EQ(sender.NextTimer(now), now + 5ms);
  Later(4ms);
  EXPECT_EQ(Packets(), Numbers{});
  Later(1ms);
  EXPECT_EQ(Packets(), Numbers{1});
  Later(10ms);
  EXPECT_EQ(Packets(), Numbers{});
  EXPECT_EQ(sender.counters().copies, 1u);
  EXPECT_EQ(sender.counters().retransmitted_chunks, 0u);
}

TEST_F(CopiesTest, RideWithWhatIsNew) {
  PushCopied();
  EXPECT_EQ(Packets(), Numbers{1});
  Later(5ms);
  Push(100);
  EXPECT_EQ(Packet(), (Numbers{2, 1}));
  EXPECT_EQ(Packet(), Numbers{});
}

TEST_F(CopiesTest, AreOfSingleChunksOnly) {
  PushCopied(2000);
  EXPECT_EQ(Packets().size(), 3u);
  Later(5ms);
  EXPECT_EQ(Packets(), Numbers{});
}

TEST_F(CopiesTest, OfWhatHasComeDoNotLeave) {
  PushCopied();
  PushCopied();
  (void)Packets();
  Later(2ms);
  (void)Sack(0, {{2, 2}});
  Later(3ms);
  EXPECT_EQ(Packets(), Numbers{1});
}

TEST_F(CopiesTest, KeepTheCongestionWindow) {
  for (int i = 0; i < 100; ++i) PushCopied(900);
  const std::size_t sent = Packets().size();
  ASSERT_LT(sent, 100u);  // the window is full
  Later(5ms);
  EXPECT_EQ(Packets(), Numbers{});
  // When there is room again it is too late for the copies: everything they could tell is known by
  // then.
  now += 30ms;
  (void)Sack(1);
  for (const std::uint32_t tsn : Packets()) EXPECT_GT(tsn, sent);
  EXPECT_EQ(sender.counters().copies, 0u);
}

TEST_F(CopiesTest, TakeThePlaceOfWhatWasLost) {
  PushCopied();
  EXPECT_EQ(Packets(), Numbers{1});
  Later(1ms);
  for (int i = 0; i < 4; ++i) {
    Push(100);
    (void)Packets();
  }
  Later(4ms);
  EXPECT_EQ(Packets(), Numbers{1});
  now += 36ms;
  (void)Sack(0, {{2, 5}});
  // It is lost, which is counted; but what would be done about it was done already.
  EXPECT_EQ(sender.counters().lost_chunks, 1u);
  EXPECT_EQ(Packets(), Numbers{});
  now += 4ms;
  (void)Sack(5);
  EXPECT_TRUE(sender.drained());
  EXPECT_EQ(sender.counters().retransmitted_chunks, 0u);
  EXPECT_EQ(sender.counters().spurious, 0u);
}

TEST_F(CopiesTest, WhereBothAreLostItIsSentAgain) {
  PushCopied();
  (void)Packets();
  Later(5ms);
  EXPECT_EQ(Packets(), Numbers{1});
  for (int i = 0; i < 4; ++i) {
    Push(100);
    (void)Packets();
  }
  now += 40ms;
  (void)Sack(0, {{2, 5}});
  EXPECT_EQ(Packets(), Numbers{1});
  EXPECT_EQ(sender.counters().retransmitted_chunks, 1u);
}

TEST_F(CopiesTest, ReportedDuplicatesUndoNothing) {
  // Something else is really lost, so that a recovery is in progress.
  Push(100);
  PushCopied();
  (void)Packet();
  for (int i = 0; i < 4; ++i) Push(100);
  (void)Packets();
  Later(5ms);
  EXPECT_EQ(Packets(), Numbers{2});
  now += 35ms;
  (void)Sack(0, {{3, 6}});
  now += 5ms;
  (void)Sack(0, {{2, 6}}, {2});
  EXPECT_EQ(sender.counters().spurious, 0u);
  EXPECT_EQ(sender.counters().undone, 0u);
}

// An answer that may be the copy's says nothing about the path until a duplicate is reported.
TEST_F(CopiesTest, GiveARoundTripOnlyWhenItIsCertain) {
  const Duration before = sender.round_trip().smoothed();
  PushCopied();
  (void)Packets();
  Later(5ms);
  (void)Packets();
  now += 95ms;
  (void)Sack(1);
  EXPECT_EQ(sender.round_trip().smoothed(), before);
  now += 5ms;
  (void)Sack(1, {}, {1});
  EXPECT_GT(sender.round_trip().smoothed(), before);
  EXPECT_EQ(sender.counters().lost_chunks, 0u);
}

TEST_F(CopiesTest, AnAnswerBeforeTheCopysCanBeGivesOne) {
  const Duration before = sender.round_trip().smoothed();
  PushCopied();
  (void)Packets();
  Later(5ms);
  (void)Packets();
  now += 34ms;
  (void)Sack(1);
  EXPECT_LT(sender.round_trip().smoothed(), before);
}

TEST_F(CopiesTest, WithoutADuplicateTheFirstWasLost) {
  PushCopied();
  (void)Packets();
  Later(5ms);
  (void)Packets();
  now += 40ms;
  (void)Sack(1);
  EXPECT_EQ(sender.counters().lost_chunks, 0u);
  now += 60ms;
  Push(100);
  (void)Packets();
  now += 40ms;
  (void)Sack(2);
  EXPECT_EQ(sender.counters().lost_chunks, 1u);
}

TEST_F(CopiesTest, EndWithTheirMessage) {
  Push(100, {.deadline = now + 3ms, .copy = true});
  (void)Packets();
  Later(5ms);
  EXPECT_EQ(Packets(), Numbers{});
  EXPECT_EQ(sender.counters().copies, 0u);
}

}  // namespace
}  // namespace sctp
