#include "sctp/send/loss_finder.h"

#include "tests/sctp/send/send_state.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;

class LossFinderTest : public ::testing::Test, protected testing::SendStateHarness {
 protected:
  // The peer has received TSN, which was sent in packet NUMBER.
  void Deliver(std::uint32_t tsn) {
    SentChunk& chunk = *chunks.Find(Tsn(tsn));
    state.flight.Leave(chunk);
    chunks.SetState(chunk, Tsn(tsn), SentChunk::State::kAcked);
    state.flow.rack.BeginSack();
    state.flow.rack.OnDelivered(chunk.packet, 40ms, /*first=*/true);
  }

  Outstanding& chunks = state.flight.outstanding;
  LossFinder losses{state};
  Acked acked;
};

TEST_F(LossFinderTest, ThreeLaterPacketsAreEnough) {
  Send(4);
  now += 40ms;
  Deliver(3);
  losses.Find(now, acked);
  EXPECT_EQ(chunks.lost(), 0u);
  EXPECT_NE(losses.deadline(), TimePoint::max());  // time decides, too
  Deliver(4);
  losses.Find(now, acked);
  EXPECT_EQ(chunks.FirstLost(), Tsn(1));
  EXPECT_EQ(chunks.lost(), 1u);
  EXPECT_TRUE(acked.new_recovery);
  EXPECT_EQ(acked.lost_bytes, state.flight.SizeOf(chunks.Find(Tsn(1))->fragment));
}

TEST_F(LossFinderTest, ATimeoutLosesTheOldestOnly) {
  Send(3);
  losses.OnTimeout(now + 1s);
  EXPECT_EQ(chunks.lost(), 1u);
  EXPECT_EQ(chunks.FirstLost(), Tsn(1));
  EXPECT_TRUE(state.flight.InvariantsHold());
}

TEST_F(LossFinderTest, OfWhatSacksHadNoRoomForNothingIsKnownUntilOneHas) {
  Send(3);
  losses.OnSack(Tsn(1), acked);
  now += 10s;
  losses.Find(now, acked);  // the time of a timeout is over
  EXPECT_EQ(chunks.unreported(), 2u);
  EXPECT_EQ(chunks.lost(), 0u);
  losses.OnSack(Tsn(2), acked);
  EXPECT_EQ(chunks.FirstLost(), Tsn(2));
  EXPECT_EQ(chunks.unreported(), 1u);
}

TEST_F(LossFinderTest, WhatIsUntoldIsLostWhereNothingElseCouldBringWord) {
  Send(2);
  losses.OnSack(Tsn(0), acked);
  losses.Find(now + 10s, acked);
  EXPECT_EQ(chunks.unreported(), 0u);
  EXPECT_EQ(chunks.lost(), 2u);
}

TEST_F(LossFinderTest, AnotherPathHasNoDeadlineYet) {
  Send(4);
  now += 40ms;
  Deliver(3);
  losses.Find(now, acked);
  losses.OnMoved();
  EXPECT_EQ(losses.deadline(), TimePoint::max());
}

}  // namespace
}  // namespace sctp
