#include "sctp/send/flight.h"

#include "tests/sctp/send/send_state.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;

class FlightTest : public ::testing::Test, protected testing::SendStateHarness {
 protected:
  Flight& flight = state.flight;
};

TEST_F(FlightTest, OneChunkMayAlwaysBeOnItsWay) {
  Flight closed(DataFormat::kIData, Tsn(1), 0);
  EXPECT_TRUE(closed.WindowAllows(900));
  EXPECT_EQ(closed.Room(), 0u);
  closed.Add({.length = 10}, now);
  EXPECT_FALSE(closed.WindowAllows(1));
  closed.OnAcknowledged(100, now);
  EXPECT_TRUE(closed.WindowAllows(90));
  EXPECT_FALSE(closed.WindowAllows(91));
  EXPECT_EQ(closed.Room(), 90u);
}

TEST_F(FlightTest, WaitsSinceTheFirstThatHasNoAnswerOrTheLastSack) {
  EXPECT_EQ(flight.waiting_since(), TimePoint::max());
  Send(1);
  const TimePoint begun = now;
  now += 10ms;
  Send(1);
  EXPECT_EQ(flight.waiting_since(), begun);
  flight.OnAcknowledged(1 << 20, now);
  EXPECT_EQ(flight.waiting_since(), now);
  EXPECT_EQ(flight.acknowledged(), now);
}

TEST_F(FlightTest, AChunkLeavesItsPacketAndItsCopys) {
  Send(2);
  SentChunk& chunk = *flight.outstanding.Find(Tsn(1));
  chunk.copied_later = 1;  // it was in the second packet
  const std::size_t before = flight.bytes();
  flight.Leave(chunk);
  EXPECT_EQ(flight.packets.Find(chunk.packet)->flight_chunks, 0);
  EXPECT_LT(flight.bytes(), before);
  EXPECT_EQ(flight.packets.begin(), chunk.packet);  // forgotten when trimmed, not before
  EXPECT_EQ(chunk.copied_later, 0);
  EXPECT_EQ(flight.bytes(), 0u);
}

TEST_F(FlightTest, WhatIsLostWithItsPathIsNoSignOfAnythingLater) {
  Send(3);
  flight.LoseAll();
  EXPECT_EQ(flight.bytes(), 0u);
  EXPECT_EQ(flight.outstanding.lost(), 3u);
  EXPECT_GT(flight.outstanding.Find(Tsn(2))->transmissions, 2);
  EXPECT_TRUE(flight.InvariantsHold());
}

}  // namespace
}  // namespace sctp
