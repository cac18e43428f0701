#include "funnel-udpd/resend_filter.h"

#include <gtest/gtest.h>

namespace funnel::udpd {
namespace {

using std::chrono::seconds;

constexpr Duration kWindow = seconds(5);

TEST(ResendFilter, KnowsTheSameDatagramWithinTheWindow) {
  ResendFilter filter;
  TimePoint now{};
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now, kWindow));
  EXPECT_TRUE(filter.IsResend(AsBytes("a"), now + seconds(4), kWindow));
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now + seconds(5), kWindow));
}

TEST(ResendFilter, TellsDatagramsApart) {
  ResendFilter filter;
  TimePoint now{};
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now, kWindow));
  EXPECT_FALSE(filter.IsResend(AsBytes("b"), now, kWindow));
  EXPECT_TRUE(filter.IsResend(AsBytes("a"), now, kWindow));
}

TEST(ResendFilter, AnAnswerSettlesAll) {
  ResendFilter filter;
  TimePoint now{};
  (void)filter.IsResend(AsBytes("a"), now, kWindow);
  filter.OnAnswer();
  EXPECT_FALSE(filter.IsResend(AsBytes("a"), now, kWindow));
}

TEST(ResendFilter, ForgetsTheOldestBeyondItsRoom) {
  ResendFilter filter;
  TimePoint now{};
  for (std::size_t i = 0; i <= ResendFilter::kRemembered; ++i)
    (void)filter.IsResend(AsBytes(std::to_string(i)), now, kWindow);
  EXPECT_TRUE(filter.IsResend(AsBytes("1"), now, kWindow));
  EXPECT_FALSE(filter.IsResend(AsBytes("0"), now, kWindow));
}

}  // namespace
}  // namespace funnel::udpd
