#include "funnel-udpd/resend_filter.h"

#include <gtest/gtest.h>

namespace funnel::udpd {
namespace {

using std::chrono::seconds;

constexpr Duration kWindow = seconds(5);
constexpr std::uint64_t kNoneLost = 0;

TEST(ResendFilter, KnowsTheSameDatagramWithinTheWindow) {
  ResendFilter filter;
  TimePoint now{};
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now, kWindow, kNoneLost));
  EXPECT_TRUE(filter.IsResend(AsBytes("a"), now + seconds(4), kWindow, kNoneLost));
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now + seconds(5), kWindow, kNoneLost));
}

TEST(ResendFilter, DistinguishesDatagrams) {
  ResendFilter filter;
  TimePoint now{};
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now, kWindow, kNoneLost));
  EXPECT_FALSE(filter.IsResend(AsBytes("b"), now, kWindow, kNoneLost));
  EXPECT_TRUE(filter.IsResend(AsBytes("a"), now, kWindow, kNoneLost));
}

TEST(ResendFilter, AnAnswerSettlesAll) {
  ResendFilter filter;
  TimePoint now{};
  (void)filter.IsResend(AsBytes("a"), now, kWindow, kNoneLost);
  filter.Forget();
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now, kWindow, kNoneLost));
}

TEST(ResendFilter, ForgetsTheOldestBeyondItsRoom) {
  ResendFilter filter;
  TimePoint now{};
  for (std::size_t i = 0; i <= ResendFilter::kRemembered; ++i)
    (void)filter.IsResend(AsBytes(std::to_string(i)), now, kWindow, kNoneLost);
  EXPECT_TRUE(filter.IsResend(AsBytes("1"), now, kWindow, kNoneLost));
  EXPECT_FALSE(filter.IsResend(AsBytes("0"), now, kWindow, kNoneLost));
}

TEST(ResendFilter, AfterALossOfItsChannelNothingIsCertain) {
  ResendFilter filter;
  TimePoint now{};
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now, kWindow, kNoneLost));
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now, kWindow, 1));
  EXPECT_TRUE(filter.IsResend(AsBytes("a"), now, kWindow, 1));
}

TEST(ResendWindow, IsSomeRoundTripsWithinTheLifetime) {
  using std::chrono::milliseconds;
  EXPECT_EQ(ResendWindow(seconds(1), milliseconds(50), seconds(10)), seconds(1));
  EXPECT_EQ(ResendWindow(seconds(1), milliseconds(600), seconds(10)), milliseconds(2400));
  EXPECT_EQ(ResendWindow(seconds(1), seconds(5), seconds(10)), seconds(10));
  EXPECT_EQ(ResendWindow(seconds(1), seconds(5), seconds(0)), seconds(20));
}

}  // namespace
}  // namespace funnel::udpd
