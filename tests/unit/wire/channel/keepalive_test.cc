#include "common/wire/channel/keepalive.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/start.h"

namespace funnel::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kInterval = seconds(30);
constexpr Duration kPatience = seconds(60);

TEST(Keepalive, AsksOnceInEachInterval) {
  Keepalive keepalive(kInterval, kPatience, kStart);
  EXPECT_EQ(keepalive.NextTimer(), kStart + kInterval);
  EXPECT_EQ(keepalive.Check(kStart + kInterval - milliseconds(1), true), Keepalive::Due::kNothing);
  EXPECT_EQ(keepalive.Check(kStart + kInterval, true), Keepalive::Due::kPing);

  const PingRecord ping = keepalive.StartOwn(1, kStart + kInterval);
  EXPECT_EQ(keepalive.Check(kStart + 2 * kInterval, true), Keepalive::Due::kNothing);
  EXPECT_FALSE(keepalive.OnPong({ping.value}, kStart + kInterval + milliseconds(7)));
  EXPECT_EQ(keepalive.NextTimer(), kStart + 2 * kInterval);
  EXPECT_EQ(keepalive.Check(kStart + 2 * kInterval, true), Keepalive::Due::kPing);
}

TEST(Keepalive, AChannelWithoutSessionsAsksNothing) {
  Keepalive keepalive(kInterval, kPatience, kStart);
  EXPECT_EQ(keepalive.Check(kStart + kInterval, false), Keepalive::Due::kNothing);
  EXPECT_EQ(keepalive.NextTimer(), kStart + 2 * kInterval);
}

TEST(Keepalive, MeasuresTheRoundTripByItsOwnPingOnly) {
  Keepalive keepalive(kInterval, kPatience, kStart);
  const PingRecord own = keepalive.StartOwn(5, kStart);
  const PingRecord owners = keepalive.StartOwners(5, kStart);
  EXPECT_NE(own.value, owners.value);
  EXPECT_EQ(owners.value, 5u);

  const auto pong = keepalive.OnPong({owners.value}, kStart + milliseconds(9));
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->value, 5u);
  EXPECT_EQ(pong->round_trip, milliseconds(9));
  EXPECT_EQ(keepalive.round_trip(), Duration{0});
  EXPECT_FALSE(keepalive.OnPong({own.value}, kStart + milliseconds(12)));
  EXPECT_EQ(keepalive.round_trip(), milliseconds(12));
}

TEST(Keepalive, AnAnswerCountsOnceAndNoOtherDoes) {
  Keepalive keepalive(kInterval, kPatience, kStart);
  const PingRecord owners = keepalive.StartOwners(5, kStart);
  EXPECT_FALSE(keepalive.OnPong({6}, kStart + milliseconds(1)));
  EXPECT_TRUE(keepalive.OnPong({owners.value}, kStart + milliseconds(2)));
  EXPECT_FALSE(keepalive.OnPong({owners.value}, kStart + milliseconds(3)));
}

TEST(Keepalive, TheOwnerCannotTakeAValueOfOurs) {
  Keepalive keepalive(kInterval, kPatience, kStart);
  const PingRecord own = keepalive.StartOwn(5, kStart);
  EXPECT_EQ(keepalive.StartOwners(own.value, kStart).value, 5u);
  EXPECT_EQ(keepalive.StartOwners(kOpeningPing | 5, kStart).value, 5u);
}

TEST(Keepalive, SilenceEndsAfterTheLastFrameNotAfterThePing) {
  Keepalive keepalive(kInterval, kPatience, kStart);
  (void)keepalive.StartOwn(1, kStart);
  EXPECT_EQ(keepalive.NextTimer(), kStart + kPatience);

  keepalive.OnFrame(kStart + seconds(20));
  EXPECT_EQ(keepalive.NextTimer(), kStart + seconds(20) + kPatience);
  EXPECT_EQ(keepalive.Check(kStart + kPatience, true), Keepalive::Due::kNothing);
  EXPECT_EQ(keepalive.Check(kStart + seconds(20) + kPatience, true), Keepalive::Due::kGone);
}

TEST(Keepalive, AnswersOnlySoManyPings) {
  Keepalive keepalive(kInterval, kPatience, kStart);
  EXPECT_FALSE(keepalive.HasPongsDue());
  for (std::uint64_t value = 0; value < 100; ++value) keepalive.OnPing({value});
  EXPECT_TRUE(keepalive.HasPongsDue());

  RecordQueue control;
  keepalive.WritePongs(control);
  EXPECT_FALSE(keepalive.HasPongsDue());
  for (std::uint64_t value = 0; value < 8; ++value) {
    ByteReader reader(control.Front());
    const auto record = ParseRecord(reader);
    ASSERT_TRUE(record && std::holds_alternative<PongRecord>(*record));
    EXPECT_EQ(std::get<PongRecord>(*record).value, value);
    control.Pop();
  }
  EXPECT_TRUE(control.empty());
}

}  // namespace
}  // namespace funnel::wire
