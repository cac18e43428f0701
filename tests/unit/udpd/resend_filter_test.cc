#include "funnel-udpd/resend_filter.h"

#include <gtest/gtest.h>

namespace funnel::udpd {
namespace {

using std::chrono::seconds;

constexpr Duration kWindow = seconds(5);
constexpr std::uint64_t kNoneLost = 0;
using Found = ResendFilter::Found;

Found Check(ResendFilter& filter, const std::string& text, TimePoint now, std::uint64_t lost) {
  return filter.Check({.bytes = AsBytes(text)}, now, kWindow, lost);
}

TEST(ResendFilter, KnowsTheSameDatagramWithinTheWindow) {
  ResendFilter filter;
  TimePoint now{};
  EXPECT_EQ(Check(filter, "a", now, kNoneLost), Found::kNothing);
  EXPECT_EQ(Check(filter, "a", now + seconds(4), kNoneLost), Found::kBytes);
  EXPECT_EQ(Check(filter, "a", now + seconds(5), kNoneLost), Found::kNothing);
}

TEST(ResendFilter, DistinguishesDatagrams) {
  ResendFilter filter;
  TimePoint now{};
  EXPECT_EQ(Check(filter, "a", now, kNoneLost), Found::kNothing);
  EXPECT_EQ(Check(filter, "b", now, kNoneLost), Found::kNothing);
  EXPECT_EQ(Check(filter, "a", now, kNoneLost), Found::kBytes);
}

TEST(ResendFilter, KnowsWhatAsksForTheSame) {
  ResendFilter filter;
  const auto check = [&](const std::string& text, std::optional<std::uint64_t> meaning) {
    return filter.Check({AsBytes(text), meaning}, TimePoint{}, kWindow, kNoneLost);
  };
  EXPECT_EQ(check("a", 1), Found::kNothing);
  EXPECT_EQ(check("b", 1), Found::kMeaning);
  EXPECT_EQ(check("a", 1), Found::kBytes);
  EXPECT_EQ(check("a", 2), Found::kNothing);
  EXPECT_EQ(check("a", std::nullopt), Found::kNothing);
  EXPECT_EQ(check("b", std::nullopt), Found::kNothing);
}

TEST(ResendFilter, AnAnswerSettlesAll) {
  ResendFilter filter;
  TimePoint now{};
  (void)Check(filter, "a", now, kNoneLost);
  filter.Forget();
  EXPECT_EQ(Check(filter, "a", now, kNoneLost), Found::kNothing);
}

TEST(ResendFilter, ForgetsTheOldestBeyondItsRoom) {
  ResendFilter filter;
  TimePoint now{};
  for (std::size_t i = 0; i <= ResendFilter::kRemembered; ++i)
    (void)Check(filter, std::to_string(i), now, kNoneLost);
  EXPECT_EQ(Check(filter, "1", now, kNoneLost), Found::kBytes);
  EXPECT_EQ(Check(filter, "0", now, kNoneLost), Found::kNothing);
}

TEST(ResendFilter, AfterALossOfItsChannelNothingIsCertain) {
  ResendFilter filter;
  TimePoint now{};
  EXPECT_EQ(Check(filter, "a", now, kNoneLost), Found::kNothing);
  EXPECT_EQ(Check(filter, "a", now, 1), Found::kNothing);
  EXPECT_EQ(Check(filter, "a", now, 1), Found::kBytes);
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
