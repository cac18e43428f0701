// Packets, RACK, the timer, undoing.
#include <gtest/gtest.h>

#include <array>

#include "sctp/loss/rack.h"
#include "sctp/loss/retransmission_timer.h"
#include "sctp/loss/undo.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;

TEST(PacketRecordsTest, FlightIsTheSumOfWhatIsOnItsWay) {
  PacketRecords records;
  const std::array two{Tsn(1), Tsn(2)};
  const std::array one{Tsn(3)};
  const PacketNumber first = records.Add(TimePoint{1s}, 240, two, {});
  const PacketNumber second = records.Add(TimePoint{2s}, 112, one, {});

  EXPECT_LT(first, second);
  EXPECT_EQ(records.flight_bytes(), 352u);
  records.ChunkLeaves(first, 100);
  EXPECT_EQ(records.flight_bytes(), 252u);
  records.ChunkLeaves(second, 100);  // with its last chunk, the packet's header
  EXPECT_EQ(records.flight_bytes(), 140u);
  EXPECT_EQ(records.flight_bytes(), records.SumFlightBytes());

  records.Trim();
  EXPECT_NE(records.Find(second), nullptr);
  records.ChunkLeaves(first, 100);
  records.ChunkLeaves(first, 100);  // nothing is left of it
  EXPECT_EQ(records.flight_bytes(), 0u);
  records.Trim();
  EXPECT_EQ(records.Find(first), nullptr);
  EXPECT_EQ(records.Find(second), nullptr);
  EXPECT_EQ(records.begin(), records.end());
}

class RackTest : public ::testing::Test {
 protected:
  RackTest() { round_trip.OnSample(40ms); }
  PacketNumber Send(TimePoint at) {
    const std::array tsn{Tsn(static_cast<std::uint32_t>(records.end().value()))};
    return records.Add(at, 100, tsn, {});
  }
  void Deliver(PacketNumber number, TimePoint now) {
    rack.BeginSack();
    rack.OnDelivered(number, now - records.Find(number)->sent, /*first=*/true);
    records.ChunkLeaves(number, 100);
  }
  std::vector<std::uint64_t> Lost(TimePoint now) {
    std::vector<std::uint64_t> lost;
    next = rack.DetectLosses(records, round_trip, now, [&](PacketNumber number) {
      lost.push_back(number.value());
      records.ChunkLeaves(number, 100);
    });
    return lost;
  }
  using Numbers = std::vector<std::uint64_t>;

  TimePoint start{100s};
  PacketRecords records;
  RoundTrip round_trip{{}};
  Rack rack;
  TimePoint next;
};

TEST_F(RackTest, ThreeLaterOnesMeanALossAtOnce) {
  for (int i = 0; i < 4; ++i) Send(start + i * 1ms);
  Deliver(PacketNumber(1), start + 41ms);
  EXPECT_EQ(Lost(start + 41ms), Numbers{});
  Deliver(PacketNumber(2), start + 42ms);
  EXPECT_EQ(Lost(start + 42ms), Numbers{});
  Deliver(PacketNumber(3), start + 43ms);
  EXPECT_EQ(Lost(start + 43ms), Numbers{0});
}

TEST_F(RackTest, OneLaterOneMeansALossAfterAQuarterRoundTrip) {
  Send(start);
  Send(start + 1ms);
  Deliver(PacketNumber(1), start + 41ms);
  EXPECT_EQ(Lost(start + 41ms), Numbers{});
  EXPECT_EQ(next, start + 50ms);
  EXPECT_EQ(Lost(start + 50ms), Numbers{0});
  EXPECT_EQ(next, TimePoint::max());
}

TEST_F(RackTest, WhatWasSentLaterIsNeverLostByIt) {
  Send(start);
  Send(start + 1ms);
  Deliver(PacketNumber(0), start + 40ms);
  EXPECT_EQ(Lost(start + 10s), Numbers{});
}

TEST_F(RackTest, OnceReorderingWasSeenOnlyTimeCounts) {
  for (int i = 0; i < 6; ++i) Send(start);
  Deliver(PacketNumber(1), start + 40ms);
  Deliver(PacketNumber(0), start + 41ms);
  EXPECT_TRUE(rack.reordering_seen());
  Deliver(PacketNumber(5), start + 42ms);
  EXPECT_EQ(Lost(start + 42ms), Numbers{});
  EXPECT_EQ(next, start + 52ms);
  EXPECT_EQ(Lost(start + 52ms), (Numbers{2, 3, 4}));
}

// One SACK reports several in the order of their TSNs, which need not be the order of arrival.
TEST_F(RackTest, OneSackShowsNoReordering) {
  Send(start);
  Send(start);
  rack.BeginSack();
  rack.OnDelivered(PacketNumber(1), 40ms, true);
  rack.OnDelivered(PacketNumber(0), 40ms, true);
  EXPECT_FALSE(rack.reordering_seen());
}

TEST_F(RackTest, SpuriousLossesWidenTheWindowForSixteenRecoveries) {
  Send(start);
  Send(start);
  Deliver(PacketNumber(0), start + 40ms);
  EXPECT_EQ(rack.ReorderingWindow(round_trip), 10ms);
  rack.OnSpurious(PacketNumber(2));
  rack.OnSpurious(PacketNumber(2));  // in the same round trip: counted once
  EXPECT_EQ(rack.ReorderingWindow(round_trip), 20ms);
  for (int i = 0; i < 15; ++i) rack.OnRecoveryEnd();
  EXPECT_EQ(rack.ReorderingWindow(round_trip), 20ms);
  rack.OnRecoveryEnd();
  EXPECT_EQ(rack.ReorderingWindow(round_trip), 10ms);
}

TEST_F(RackTest, TheWindowIsNeverWiderThanARoundTrip) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    Send(start);
    Deliver(PacketNumber(i), start + 40ms);
    rack.OnSpurious(PacketNumber(i));
  }
  EXPECT_EQ(rack.ReorderingWindow(round_trip), 40ms);
}

TEST(RoundTripTest, SmoothsAndBacksOff) {
  RoundTrip round_trip({1s, 100ms, 10s});
  EXPECT_EQ(round_trip.Rto(), 1s);
  EXPECT_EQ(round_trip.Rto(2), 4s);
  round_trip.OnSample(80ms);
  EXPECT_EQ(round_trip.smoothed(), 80ms);
  EXPECT_EQ(round_trip.Rto(), 240ms);
  round_trip.OnSample(160ms);
  EXPECT_EQ(round_trip.smoothed(), 90ms);
  EXPECT_EQ(round_trip.least(), 80ms);
  for (int i = 0; i < 100; ++i) round_trip.OnSample(10ms);
  EXPECT_EQ(round_trip.Rto(), 100ms);
  EXPECT_EQ(round_trip.Rto(30), 10s);
}

class TimerTest : public ::testing::Test {
 protected:
  TimerTest() {
    for (int i = 0; i < 100; ++i) round_trip.OnSample(40ms);
  }
  using Fired = RetransmissionTimer::Fired;
  TimePoint start{100s};
  RoundTrip round_trip{{1s, 200ms, 10s}};
  RetransmissionTimer timer{20ms};
};

TEST_F(TimerTest, OneProbeThenTimeoutsThatBackOff) {
  timer.OnSent(start, /*first=*/true, round_trip);
  EXPECT_EQ(timer.deadline(), start + 100ms);
  EXPECT_EQ(timer.OnTimer(start + 99ms, round_trip), Fired::kNothing);
  EXPECT_EQ(timer.OnTimer(start + 100ms, round_trip), Fired::kProbe);
  EXPECT_EQ(timer.deadline(), start + 300ms);
  EXPECT_EQ(timer.OnTimer(start + 300ms, round_trip), Fired::kTimeout);
  EXPECT_EQ(timer.deadline(), start + 700ms);
  EXPECT_EQ(timer.OnTimer(start + 700ms, round_trip), Fired::kTimeout);
  EXPECT_EQ(timer.deadline(), start + 1500ms);
}

TEST_F(TimerTest, ProgressBeginsAnew) {
  timer.OnSent(start, /*first=*/true, round_trip);
  (void)timer.OnTimer(start + 100ms, round_trip);
  (void)timer.OnTimer(start + 300ms, round_trip);
  timer.OnProgress(start + 310ms, /*in_flight=*/true, round_trip);
  EXPECT_EQ(timer.deadline(), start + 410ms);
  timer.OnProgress(start + 320ms, /*in_flight=*/false, round_trip);
  EXPECT_FALSE(timer.running());
}

// A sender that never pauses notices silence as early as one that does.
TEST_F(TimerTest, MoreDataDoesNotPushItBack) {
  timer.OnSent(start, /*first=*/true, round_trip);
  timer.OnSent(start + 90ms, /*first=*/false, round_trip);
  EXPECT_EQ(timer.deadline(), start + 100ms);
}

TEST(UndoTest, OnlyWhenAllWasAMistake) {
  Undo undo;
  EXPECT_FALSE(undo.OnSpurious());
  EXPECT_TRUE(undo.OnLost(Tsn(10)));
  EXPECT_FALSE(undo.OnLost(Tsn(12)));
  EXPECT_FALSE(undo.OnSpurious());
  EXPECT_TRUE(undo.OnSpurious());
  EXPECT_FALSE(undo.recovering());
  EXPECT_TRUE(undo.OnLost(Tsn(20)));
  EXPECT_FALSE(undo.OnCumulative(Tsn(18)));
  EXPECT_TRUE(undo.OnCumulative(Tsn(19)));
  EXPECT_FALSE(undo.OnSpurious());
}

}  // namespace
}  // namespace sctp
