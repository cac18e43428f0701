// A sender alone: what it sends, sends again, gives up.
#include <gtest/gtest.h>

#include "tests/sctp/send/sender_harness.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using Numbers = std::vector<std::uint32_t>;

class SenderTest : public ::testing::Test, protected testing::SenderHarness {};

TEST_F(SenderTest, BundlesSmallMessages) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Push(100), SendStatus::kSent);
  EXPECT_EQ(Packet(), (Numbers{1, 2, 3}));
  EXPECT_EQ(Packet(), Numbers{});
  now += 40ms;
  EXPECT_EQ(Sack(3), Sender::SackOutcome::kTaken);
  EXPECT_TRUE(sender.drained());
  EXPECT_EQ(sender.messages().bytes(), 0u);
  EXPECT_EQ(sender.NextTimer(now), TimePoint::max());
}

TEST_F(SenderTest, RefusesWhatItCannotTake) {
  EXPECT_EQ(Push(10, {}, 16), SendStatus::kGone);
  EXPECT_EQ(Push(0), SendStatus::kGone);
  EXPECT_EQ(Push((1 << 20) + 1), SendStatus::kTooLarge);
  int taken = 0;
  while (Push(1 << 20) == SendStatus::kSent) ++taken;
  EXPECT_EQ(taken, 4);
  EXPECT_FALSE(sender.TakeWritable());
}

TEST_F(SenderTest, TellsOnceWhenThereIsRoomAgain) {
  while (Push(500'000) == SendStatus::kSent) continue;
  std::uint32_t last = 0;
  while (!sender.TakeWritable()) {
    const Numbers sent = Packets();
    ASSERT_FALSE(sent.empty());
    last = sent.back();
    now += 40ms;
    (void)Sack(last);
  }
  EXPECT_LE(sender.messages().bytes(), (4u << 20) - (1u << 19));
  EXPECT_FALSE(sender.TakeWritable());
}

TEST_F(SenderTest, SendsAgainWhatThreeLaterPacketsPassed) {
  for (int i = 0; i < 5; ++i) Push(900);
  EXPECT_EQ(Packets(), (Numbers{1, 2, 3, 4, 5}));
  now += 40ms;
  (void)Sack(0, {{2, 2}});
  (void)Sack(0, {{2, 3}});
  EXPECT_EQ(Packets(), Numbers{});
  (void)Sack(0, {{2, 4}});
  EXPECT_EQ(Packets(), Numbers{1});
  EXPECT_EQ(sender.counters().retransmitted_chunks, 1u);
  // The second one is lost, too: what was sent after it shows that, not a timeout.
  Push(900);
  Push(900);
  Push(900);
  EXPECT_EQ(Packets(), (Numbers{6, 7, 8}));
  now += 40ms;
  (void)Sack(0, {{2, 8}});
  EXPECT_EQ(Packets(), Numbers{1});
  now += 40ms;
  (void)Sack(8);
  EXPECT_TRUE(sender.drained());
  EXPECT_EQ(sender.counters().timeouts, 0u);
}

TEST_F(SenderTest, WaitsAQuarterRoundTripWhereFewFollow) {
  Push(900);
  Push(900);
  EXPECT_EQ(Packets(), (Numbers{1, 2}));
  now += 40ms;
  (void)Sack(0, {{2, 2}});
  EXPECT_EQ(Packets(), Numbers{});
  EXPECT_EQ(sender.NextTimer(now), now + 10ms);
  now += 10ms;
  Timer();
  EXPECT_EQ(Packets(), Numbers{1});
}

TEST_F(SenderTest, AProbeAsksForTheTail) {
  Push(900);
  EXPECT_EQ(Packets(), Numbers{1});
  EXPECT_FALSE(immediate);
  EXPECT_EQ(sender.NextTimer(now), now + 105ms);  // twice the round trip and the peer's delay
  now += 105ms;
  Timer();
  EXPECT_EQ(Packets(), Numbers{1});
  EXPECT_TRUE(immediate);
  EXPECT_EQ(Packets(), Numbers{});
  // Both arrived after all: there was no loss, and nothing to undo.
  now += 40ms;
  (void)Sack(1, {}, {1});
  EXPECT_EQ(sender.counters().spurious, 0u);
  EXPECT_TRUE(sender.drained());
}

TEST_F(SenderTest, NewDataIsTheBetterProbe) {
  Push(900);
  EXPECT_EQ(Packets(), Numbers{1});
  // The window is full for new data until the probe is sent.
  (void)Sack(0, {}, {}, 950);
  Push(900);
  EXPECT_EQ(Packets(), Numbers{});
  (void)Sack(0, {}, {}, 1 << 20);
  now += 105ms;
  Timer();
  EXPECT_EQ(Packets(), Numbers{2});
  EXPECT_TRUE(immediate);
}

TEST_F(SenderTest, SilenceBacksOff) {
  Push(900);
  (void)Packets();
  now += 105ms;
  Timer();
  EXPECT_EQ(Packets(), Numbers{1});
  for (const Duration wait : {200ms, 400ms, 800ms}) {
    EXPECT_EQ(sender.NextTimer(now), now + wait);
    now += wait;
    Timer();
    EXPECT_EQ(Packets(), Numbers{1});
  }
  EXPECT_EQ(sender.counters().timeouts, 3u);
}

// After a timeout one packet is sent; what comes back says whether the rest was lost.
TEST_F(SenderTest, ATimeoutOfWhatArrivedIsUndone) {
  for (int i = 0; i < 8; ++i) Push(900);
  (void)Packets();
  const std::size_t window = sender.flow().congestion->window_bytes();
  now += 105ms;
  Timer();
  (void)Packets();
  now += 200ms;
  Timer();
  EXPECT_EQ(Packets(), Numbers{1});
  EXPECT_LT(sender.flow().congestion->window_bytes(), window);
  // Everything was only delayed. The answer to 1 comes too early to be that of the second
  // transmission.
  now += 1ms;
  (void)Sack(7);
  EXPECT_EQ(sender.counters().undone, 1u);
  EXPECT_GE(sender.flow().congestion->window_bytes(), window);
}

TEST_F(SenderTest, ATimeoutOfWhatWasLostSendsTheRestAgain) {
  for (int i = 0; i < 5; ++i) Push(900);
  (void)Packets();
  now += 105ms;
  Timer();
  (void)Packets();
  now += 200ms;
  Timer();
  EXPECT_EQ(Packets(), Numbers{1});
  now += 40ms;
  (void)Sack(1);
  EXPECT_EQ(Packets(), (Numbers{2, 3, 4}));
}

TEST_F(SenderTest, AnAnswerFasterThanThePathUndoes) {
  for (int i = 0; i < 5; ++i) Push(900);
  (void)Packets();
  const std::size_t window = sender.flow().congestion->window_bytes();
  now += 40ms;
  (void)Sack(0, {{2, 4}});
  EXPECT_EQ(Packets(), Numbers{1});
  EXPECT_LT(sender.flow().congestion->window_bytes(), window);
  now += 5ms;
  (void)Sack(5);
  EXPECT_EQ(sender.counters().spurious, 1u);
  EXPECT_EQ(sender.counters().undone, 1u);
  EXPECT_GE(sender.flow().congestion->window_bytes(), window);
  (void)Sack(5, {}, {1});  // that was known already
  EXPECT_EQ(sender.counters().spurious, 1u);
}

TEST_F(SenderTest, DuplicateReportsUndo) {
  for (int i = 0; i < 8; ++i) Push(900);
  (void)Packets();
  const std::size_t window = sender.flow().congestion->window_bytes();
  now += 40ms;
  (void)Sack(0, {{2, 2}, {4, 8}});
  EXPECT_EQ(Packets(), (Numbers{1, 3}));
  EXPECT_LT(sender.flow().congestion->window_bytes(), window);
  now += 45ms;  // late enough to be answers to the second transmissions
  (void)Sack(2, {{2, 6}}, {1});
  EXPECT_EQ(sender.counters().undone, 0u);
  (void)Sack(8, {}, {3});
  EXPECT_EQ(sender.counters().spurious, 2u);
  EXPECT_EQ(sender.counters().undone, 1u);
  EXPECT_GE(sender.flow().congestion->window_bytes(), window);
}

TEST_F(SenderTest, EachPathHasFiguresOfItsOwn) {
  for (int i = 0; i < 5; ++i) Push(900);
  (void)Packets();
  now += 40ms;
  (void)Sack(0, {{2, 4}});
  EXPECT_EQ(Packets(), Numbers{1});
  now += 5ms;
  (void)Sack(5);

  const PathFlow left = sender.Move(sender.NewFlow(1200));
  EXPECT_EQ(left.counters.lost_chunks, 1u);
  EXPECT_EQ(left.counters.retransmitted_chunks, 1u);
  EXPECT_EQ(left.counters.spurious, 1u);
  EXPECT_EQ(sender.flow().counters.lost_chunks, 0u);
  EXPECT_EQ(sender.flow().counters.retransmitted_chunks, 0u);
}

TEST_F(SenderTest, ImplausibleSacksChangeNothing) {
  for (int i = 0; i < 3; ++i) Push(900);
  (void)Packets();
  EXPECT_EQ(Sack(4), Sender::SackOutcome::kInvalid);
  EXPECT_EQ(Sack(0, {{2, 4}}), Sender::SackOutcome::kInvalid);
  EXPECT_EQ(Sack(0, {{3, 2}}), Sender::SackOutcome::kInvalid);
  EXPECT_EQ(Sack(0, {{1, 1}}), Sender::SackOutcome::kInvalid);
  EXPECT_EQ(Sack(0, {{3, 3}, {2, 2}}), Sender::SackOutcome::kInvalid);
  EXPECT_EQ(Sack(2), Sender::SackOutcome::kTaken);
  EXPECT_EQ(Sack(1), Sender::SackOutcome::kStale);
  EXPECT_EQ(sender.flight().outstanding.size(), 1u);
  EXPECT_EQ(sender.counters().sacks_invalid, 5u);
}

// RFC 9260 section 6.2.1: a receiver may withdraw what gap blocks said.
TEST_F(SenderTest, WhatThePeerTakesBackIsSentAgain) {
  for (int i = 0; i < 3; ++i) Push(900);
  (void)Packets();
  now += 40ms;
  (void)Sack(0, {{2, 3}});
  now += 10ms;
  Timer();
  EXPECT_EQ(Packets(), Numbers{1});
  now += 40ms;
  (void)Sack(1);  // and not 2 and 3
  EXPECT_EQ(Packets(), (Numbers{2, 3}));
}

TEST_F(SenderTest, OneChunkFindsOutWhetherAClosedWindowHasOpened) {
  (void)Sack(0, {}, {}, 0);
  Push(900);
  Push(900);
  EXPECT_EQ(Packets(), Numbers{1});
  (void)Sack(1, {}, {}, 0);
  EXPECT_EQ(Packets(), Numbers{2});
  (void)Sack(2, {}, {}, 5000);
  for (int i = 0; i < 9; ++i) Push(900);
  EXPECT_EQ(Packets(), (Numbers{3, 4, 5, 6, 7}));
}

TEST_F(SenderTest, HoldsNoMoreChunksThanThePeerCanCount) {
  auto settings = DefaultSettings();
  settings.max_outstanding_chunks = 8;
  SenderHarness small(settings);
  for (int i = 0; i < 20; ++i) (void)small.Push(10);
  EXPECT_EQ(small.Packets().size(), 8u);
  (void)small.Sack(3);
  EXPECT_EQ(small.Packets().size(), 3u);
}

// What a SACK had no room to report is not lost, however late it is.
TEST_F(SenderTest, OnlyWhatASackSpeaksOfCanBeLost) {
  std::uint32_t base = 0;
  while (sender.flow().congestion->window_bytes() < 450 * kPacketBytes || !sender.drained()) {
    for (int i = 0; i < 500 && sender.flow().congestion->window_bytes() < 450 * kPacketBytes; ++i)
      Push(900);
    base = Packets().back();
    now += 40ms;
    (void)Sack(base);
  }
  for (int i = 0; i < 400; ++i) Push(900);
  ASSERT_EQ(Packets().size(), 400u);
  std::vector<GapBlock> gaps;  // every second one, as long as there was room
  for (std::uint16_t tsn = 2; tsn <= 300; tsn += 2) gaps.push_back({tsn, tsn});
  now += 40ms;
  (void)Sack(base, gaps);
  now += 20ms;
  Timer();
  EXPECT_EQ(sender.counters().lost_chunks, 150u);
  EXPECT_EQ(Packet(), Numbers{base + 1});
  // What was sent again is newer than all others; its answer says as little about them.
  now += 40ms;
  gaps.pop_back();
  (void)Sack(base + 2, gaps);
  now += 20ms;
  Timer();
  EXPECT_EQ(sender.counters().lost_chunks, 150u);
  (void)Sack(base + 300);
  EXPECT_EQ(sender.counters().lost_chunks, 250u);  // this one had room for all
}

}  // namespace
}  // namespace sctp
