#include "common/wire/session/shared_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace funnel::wire {
namespace {

// The channel's credit stops a sender that does not know SHARE or ignores it.
TEST(SharedBuffer, WhatIsOnItsWayStaysWithinThePoolAndTheParts) {
  SharedBuffer buffer(16 << 20);
  std::uint64_t held = 0;
  for (int sessions = 1; sessions <= 1000; ++sessions) {
    const std::uint64_t in_flight = buffer.InFlight(1000);
    const std::uint64_t more = std::min<std::uint64_t>(64 << 10, in_flight);
    buffer.Move(0, more);
    held += more;
  }
  EXPECT_LE(held,
            (16u << 20) + 1000 * (kReservedShare + 4 * SharedBuffer::kWaitingCost) + (64 << 10));
  EXPECT_EQ(buffer.InFlight(1000), 0u);
}

TEST(SharedBuffer, TellsWhatIsFreeWhenItDiffersEnough) {
  SharedBuffer buffer(16 << 20);
  EXPECT_FALSE(buffer.Report());
  buffer.Move(0, 7 << 20);
  EXPECT_FALSE(buffer.Report());
  buffer.Move(0, 3 << 20);

  const auto half = buffer.Report();
  ASSERT_TRUE(half);
  EXPECT_GT(half->fresh, kReservedShare);
  EXPECT_TRUE(buffer.is_short());
  EXPECT_FALSE(buffer.Report());

  buffer.Move(0, 6 << 20);
  const auto none = buffer.Report();
  ASSERT_TRUE(none);
  EXPECT_GT(none->serial, half->serial);
  EXPECT_EQ(none->fresh, kReservedShare);
  EXPECT_EQ(none->reading, kReservedShare);

  buffer.Move(6 << 20, 0);
  buffer.Move(7 << 20, 0);
  const auto plenty = buffer.Report();
  ASSERT_TRUE(plenty);
  EXPECT_EQ(plenty->reading, kUnlimitedShare);
  EXPECT_FALSE(buffer.is_short());
}

TEST(Restraint, TheNewestCountsAndASessionAlwaysHasItsOwnPart) {
  Restraint restraint;
  EXPECT_TRUE(restraint.OnShare({.serial = 2, .fresh = 0, .reading = 70'000}));
  EXPECT_FALSE(restraint.OnShare({.serial = 1}));
  EXPECT_EQ(restraint.LimitFor(/*reads=*/false), kReservedShare);
  EXPECT_EQ(restraint.LimitFor(/*reads=*/true), 70'000u);
}

}  // namespace
}  // namespace funnel::wire
