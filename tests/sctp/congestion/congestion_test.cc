// The parts of congestion control, each alone; transfer_test.cc has what they do together.
#include <gtest/gtest.h>

#include "sctp/congestion/loss_gate.h"
#include "sctp/congestion/model.h"
#include "sctp/congestion/pacer.h"
#include "sctp/congestion/rate_bound.h"
#include "sctp/congestion/reno.h"
#include "sctp/congestion/windowed_max.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using Pace = LossGate::Pace;

TEST(WindowedMaxTest, ForgetsWhatIsTooOld) {
  WindowedMax greatest(10);
  greatest.Update(100, 1);
  for (std::uint64_t round = 2; round <= 11; ++round) greatest.Update(50, round);
  EXPECT_EQ(greatest.best(), 100);
  greatest.Update(50, 12);
  EXPECT_EQ(greatest.best(), 50);
  greatest.Update(60, 13);
  EXPECT_EQ(greatest.best(), 60);
}

TEST(DeliveryRateTest, MeasuresWhatArrives) {
  DeliveryRate rate;
  TimePoint now{100s};
  // 1,000 bytes each 10 ms, acknowledged 50 ms later.
  std::vector<std::pair<RateStamp, TimePoint>> sent;
  RateSample sample;
  for (int i = 0; i < 20; ++i, now += 10ms) {
    if (i >= 5) {
      const auto& [stamp, at] = sent[static_cast<std::size_t>(i) - 5];
      rate.OnDelivered(1000, now);
      sample = rate.Take(stamp, at, 40ms);
    }
    sent.emplace_back(rate.OnSend(now, i == 0), now);
  }
  EXPECT_TRUE(sample.valid);
  EXPECT_NEAR(sample.bytes_per_second, 100'000, 1);
  EXPECT_FALSE(sample.app_limited);
}

TEST(DeliveryRateTest, AcknowledgementsInOneLumpAreNoRate) {
  DeliveryRate rate;
  const TimePoint now{100s};
  const RateStamp first = rate.OnSend(now, true);
  rate.OnDelivered(1000, now + 50ms);
  (void)rate.Take(first, now, 50ms);
  const RateStamp second = rate.OnSend(now + 50ms, /*nothing_in_flight=*/true);
  rate.OnDelivered(1000, now + 51ms);
  EXPECT_FALSE(rate.Take(second, now + 50ms, 50ms).valid);
}

TEST(DeliveryRateTest, WhatWasMeasuredWithNothingToSendSaysSo) {
  DeliveryRate rate;
  const TimePoint now{100s};
  (void)rate.OnSend(now, true);
  rate.OnAppLimited(1000);
  EXPECT_TRUE(rate.OnSend(now, false).app_limited);
  rate.OnDelivered(1001, now + 1ms);
  EXPECT_FALSE(rate.OnSend(now + 2ms, false).app_limited);
}

// A path of 1 MB/s and 50 ms, and how much is on its way.
class DrainTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kHolds = 50'000;
  void Round(std::size_t flight_bytes) {
    AckEvent event;
    event.now = now += 50ms;
    event.rate = {.valid = true, .bytes_per_second = 1e6, .delivered_before = delivered};
    event.delivered_bytes = kHolds;
    event.delivered_total_bytes = delivered += kHolds;
    event.flight_bytes = event.flight_before_bytes = flight_bytes;
    event.rtt = event.smoothed_rtt = 50ms;
    model.OnAck(event);
  }
  // False: that state is not reached within some rounds.
  bool RoundsUntil(std::string_view state, std::size_t flight_bytes) {
    for (int i = 0; i < 30 && model.state() != state; ++i) Round(flight_bytes);
    return model.state() == state;
  }

  Model model{1472};
  TimePoint now{100s};
  std::uint64_t delivered = 0;
};

// A rate that is measured a little too high leaves a queue in each cycle, which one slower round
// does not drain.
TEST_F(DrainTest, GoesOnUntilOurQueueIsGone) {
  ASSERT_TRUE(RoundsUntil("cruise", kHolds));
  ASSERT_TRUE(RoundsUntil("probe down", 2 * kHolds));
  Round(2 * kHolds);
  Round(3 * kHolds / 2);
  EXPECT_STREQ(model.state(), "probe down");
  Round(kHolds);
  EXPECT_STREQ(model.state(), "cruise");
}

TEST_F(DrainTest, GivesUpWhereTheQueueIsSomebodyElses) {
  ASSERT_TRUE(RoundsUntil("cruise", kHolds));
  ASSERT_TRUE(RoundsUntil("probe down", 2 * kHolds));
  for (int i = 0; i < 4; ++i) Round(2 * kHolds);
  EXPECT_STREQ(model.state(), "cruise");
}

TEST(PacerTest, SpreadsAfterAShortBurst) {
  Pacer pacer;
  TimePoint now{100s};
  pacer.SetRate(1'000'000);
  std::size_t burst = 0;
  while (pacer.MaySend(now)) {
    pacer.OnSent(1000, now);
    ++burst;
  }
  EXPECT_GE(burst, 2u);
  EXPECT_LE(burst, 4u);
  // After that exactly the rate, to the packet.
  std::size_t sent = 0;
  for (const TimePoint end = now + 1s; now < end; now = pacer.next(), ++sent)
    pacer.OnSent(1000, now);
  EXPECT_NEAR(static_cast<double>(sent), 1000, 3);
}

TEST(PacerTest, ALateTimerLosesNothingWithinTheCredit) {
  Pacer pacer;
  const TimePoint now{100s};
  pacer.SetRate(10'000'000);
  while (pacer.MaySend(now)) pacer.OnSent(1000, now);
  std::size_t sent = 0;
  for (TimePoint at = now + 2ms; pacer.MaySend(at); ++sent) pacer.OnSent(1000, at);
  EXPECT_NEAR(static_cast<double>(sent), 20, 1);
}

TEST(PacerTest, WithoutARateNothingWaits) {
  Pacer pacer;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(pacer.MaySend(TimePoint{1s}));
    pacer.OnSent(1500, TimePoint{1s});
  }
}

constexpr std::size_t kRound = 500'000;

TEST(LossGateTest, WhatThePathLosesAnywayIsNoSign) {
  LossGate gate;
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(gate.OnRound(Pace::kEven, kRound, kRound / 25, 0ms, 50ms)) << i;
  EXPECT_NEAR(gate.cruise_loss(), 1.0 / 26, 0.001);
  EXPECT_FALSE(gate.OnRound(Pace::kAbove, kRound, kRound / 20, 20ms, 50ms));
}

TEST(LossGateTest, MoreThanThatBehindAQueueIs) {
  LossGate gate;
  EXPECT_FALSE(gate.OnRound(Pace::kEven, kRound, 0, 0ms, 50ms));
  EXPECT_FALSE(gate.OnRound(Pace::kAbove, kRound, kRound / 25, 4ms, 50ms));
  EXPECT_TRUE(gate.OnRound(Pace::kAbove, kRound, kRound / 25, 6ms, 50ms));
  EXPECT_TRUE(gate.OnRound(Pace::kEven, kRound, kRound / 25, 6ms, 200ms));
  EXPECT_EQ(gate.cruise_loss(), 0);  // it is the answer to our rate, not the nature of the path
  EXPECT_TRUE(gate.OnRound(Pace::kEven, kRound, kRound / 25, 1ms, 2ms));
}

TEST(LossGateTest, AFewPacketsAreNoSign) {
  LossGate gate;
  EXPECT_FALSE(gate.OnRound(Pace::kAbove, 20'000, 2 * 1460, 20ms, 50ms));
}

TEST(LossGateTest, LossThatFollowsOurRateIsAPolicers) {
  LossGate gate;
  EXPECT_FALSE(gate.OnRound(Pace::kBelow, kRound, 0, 0ms, 50ms));
  EXPECT_FALSE(gate.OnRound(Pace::kAbove, kRound, kRound / 25, 0ms, 50ms));
  EXPECT_TRUE(gate.OnRound(Pace::kAbove, kRound, kRound / 10, 0ms, 50ms));
}

// Nothing was sent below the rate yet: three of forty packets can be chance, a half cannot.
TEST(LossGateTest, InStartUpChanceIsNoSign) {
  LossGate gate;
  EXPECT_FALSE(gate.OnRound(Pace::kAbove, 37 * 1460, 3 * 1460, 0ms, 50ms));
  EXPECT_FALSE(gate.OnRound(Pace::kAbove, 33 * 1460, 7 * 1460, 0ms, 50ms));
  EXPECT_TRUE(gate.OnRound(Pace::kAbove, 20 * 1460, 20 * 1460, 0ms, 50ms));
}

// ... and what the path loses by itself is unknown, so with it the queue of a burst is no sign.
TEST(LossGateTest, InStartUpAQueueAndWhatThePathLosesIsNoSign) {
  LossGate gate;
  EXPECT_FALSE(gate.OnRound(Pace::kAbove, kRound, kRound / 20, 20ms, 50ms));
  EXPECT_TRUE(gate.OnRound(Pace::kAbove, kRound, kRound / 5, 20ms, 50ms));
}

TEST(LossGateTest, ThePathsOwnIsWhatIsLostBelowTheRateAsWell) {
  LossGate gate;
  for (int i = 0; i < 100; ++i) (void)gate.OnRound(Pace::kEven, kRound, kRound / 24, 0ms, 50ms);
  EXPECT_EQ(gate.own_loss(), 0);  // it is that of a policer
  for (int i = 0; i < 30; ++i) (void)gate.OnRound(Pace::kBelow, kRound, kRound / 49, 0ms, 50ms);
  EXPECT_NEAR(gate.own_loss(), 0.02, 0.001);
  for (int i = 0; i < 30; ++i) (void)gate.OnRound(Pace::kBelow, kRound, kRound / 10, 0ms, 50ms);
  EXPECT_NEAR(gate.own_loss(), 0.04, 0.001);
}

// A cycle of the model: a round below, some even ones, one above. RATE bytes pass in each, and a
// part is lost whatever is sent.
void Cycle(RateBound& bound, double sent, double rate, double lost_anyway = 0) {
  const auto round = [&](Pace pace, double gain) {
    const double through = std::min(gain * sent, rate) * (1 - lost_anyway);
    bound.OnRound(pace, static_cast<std::size_t>(through),
                  static_cast<std::size_t>(gain * sent - through), 50ms);
  };
  round(Pace::kBelow, 0.75);
  for (int i = 0; i < 6; ++i) round(Pace::kEven, 1);
  round(Pace::kAbove, 1.25);
}

TEST(RateBoundTest, LossThatEndsBelowTwiceBoundsTheRate) {
  RateBound bound;
  Cycle(bound, 1.2e6, 1e6);
  EXPECT_FALSE(bound.bounded());
  EXPECT_TRUE(bound.asks());
  Cycle(bound, 1.2e6, 1e6);
  ASSERT_TRUE(bound.bounded());
  EXPECT_NEAR(bound.Limit(24e6), 20e6, 0.1e6);
  EXPECT_EQ(bound.Limit(10e6), 10e6);
}

TEST(RateBoundTest, LossOfThePathItselfDoesNot) {
  RateBound bound;
  for (int i = 0; i < 10; ++i) Cycle(bound, 1e6, 2e6, /*lost_anyway=*/0.2);
  EXPECT_FALSE(bound.bounded());
}

TEST(RateBoundTest, CleanRoundsAboveLiftItLaterEachTime) {
  RateBound bound;
  for (const int needed : {2, 4}) {
    for (int i = 0; i < 2; ++i) Cycle(bound, 1.2e6, 1e6);
    ASSERT_TRUE(bound.bounded());
    for (int i = 0; i < needed - 1; ++i) Cycle(bound, 1e6, 2e6);
    EXPECT_TRUE(bound.bounded());
    Cycle(bound, 1e6, 2e6);
    EXPECT_FALSE(bound.bounded());
  }
}

TEST(RateBoundTest, RoundsThatWereNotFilledSayNothing) {
  RateBound bound;
  for (int i = 0; i < 4; ++i) {
    bound.OnRound(Pace::kBelow, 750'000, 0, 50ms);
    bound.OnRound(Pace::kEven, 800'000, 200'000, 50ms);
    bound.OnAppLimited();
    bound.OnRound(Pace::kAbove, 1'000'000, 0, 50ms);
  }
  EXPECT_FALSE(bound.bounded());
}

AckEvent Ack(std::size_t delivered, std::size_t flight, bool recovery = false) {
  AckEvent event;
  event.delivered_bytes = delivered;
  event.flight_before_bytes = flight;
  event.new_recovery = recovery;
  event.smoothed_rtt = 50ms;
  return event;
}

TEST(RenoTest, DoublesThenAddsThenHalves) {
  Reno reno(1000);
  EXPECT_EQ(reno.window_bytes(), 10'000u);
  reno.OnAck(Ack(10'000, 10'000));
  EXPECT_EQ(reno.window_bytes(), 20'000u);
  reno.OnAck(Ack(5000, 5000));  // the window was not used, so this says nothing
  EXPECT_EQ(reno.window_bytes(), 20'000u);
  reno.OnAck(Ack(1000, 20'000, /*recovery=*/true));
  EXPECT_EQ(reno.window_bytes(), 10'000u);
  for (int i = 0; i < 10; ++i) reno.OnAck(Ack(1000, 10'000));
  EXPECT_EQ(reno.window_bytes(), 11'000u);
  reno.OnTimeout();
  EXPECT_EQ(reno.window_bytes(), 1000u);
}

TEST(RenoTest, UndoGivesBack) {
  Reno reno(1000);
  reno.OnAck(Ack(10'000, 10'000));
  reno.OnAck(Ack(1000, 20'000, /*recovery=*/true));
  reno.OnUndo();
  EXPECT_EQ(reno.window_bytes(), 20'000u);
  reno.OnTimeout();
  reno.OnUndo();
  EXPECT_EQ(reno.window_bytes(), 20'000u);
  reno.OnUndo();
  EXPECT_EQ(reno.window_bytes(), 20'000u);
}

}  // namespace
}  // namespace sctp
