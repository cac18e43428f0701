#include "funnelctl/figures.h"

#include <gtest/gtest.h>

#include <cmath>

namespace funnel::ctl {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

TEST(Figures, SumsStayWithinTheirType) {
  EXPECT_EQ(Sum(40, 2), 42);
  EXPECT_EQ(Sum(kMost, 1), kMost);
  EXPECT_EQ(Sum(kLeast, -1), kLeast);
  EXPECT_EQ(Sum(kMost, kLeast), -1);
}

TEST(Figures, NothingHasLastedLessThanNothingOrForEver) {
  EXPECT_EQ(Elapsed(40, 42), 2);
  EXPECT_EQ(Elapsed(42, 40), 0);
  EXPECT_EQ(Elapsed(kLeast, 40), kMost);
}

TEST(Figures, WholeNumbersOfAnything) {
  EXPECT_EQ(Whole(4.9), 4);
  EXPECT_EQ(Whole(1e300), kMost);
  EXPECT_EQ(Whole(-1e300), kLeast);
  EXPECT_EQ(Whole(9223372036854775808.0), kMost);
  EXPECT_EQ(Whole(std::nan("")), 0);
}

}  // namespace
}  // namespace funnel::ctl
