#include "common/service/client/rate_limits.h"

#include <gtest/gtest.h>

namespace funnel::service {
namespace {

using std::chrono::seconds;
using Limit = RateLimits::Limit;

class RateLimitsTest : public ::testing::Test {
 protected:
  RateLimits limits_;
  TimePoint now_ = TimePoint{} + seconds(1000);
};

TEST_F(RateLimitsTest, NobodyPaysForAnother) {
  const RateLimits::Rates rates{.news = 1, .datagrams = 1, .bytes = 100'000, .table = 16};
  EXPECT_FALSE(limits_.AdmitNew(rates, "a", now_));
  EXPECT_EQ(limits_.AdmitNew(rates, "a", now_)->limit, Limit::kNew);
  EXPECT_FALSE(limits_.AdmitDatagram(rates, "a", 1, now_));
  EXPECT_EQ(limits_.AdmitDatagram(rates, "a", 1, now_)->limit, Limit::kDatagrams);
  limits_.SpendBytes(rates, "a", 200'000, now_);
  EXPECT_GT(limits_.BytesFreeAt(rates, "a", now_), now_);

  EXPECT_FALSE(limits_.AdmitNew(rates, "b", now_) || limits_.AdmitDatagram(rates, "b", 1, now_));
  EXPECT_EQ(limits_.BytesFreeAt(rates, "b", now_), now_);
}

TEST_F(RateLimitsTest, WithoutRatesNobodyIsKnown) {
  EXPECT_FALSE(limits_.AdmitNew({.table = 16}, "a", now_));
  EXPECT_FALSE(limits_.AdmitDatagram({.table = 16}, "a", 1, now_));
  EXPECT_EQ(limits_.size(), 0u);
}

TEST_F(RateLimitsTest, EachHasALineAMinuteWhateverTheReason) {
  const RateLimits::Rates rates{.news = 1, .table = 16};
  EXPECT_TRUE(limits_.Refuse(rates, "a", Limit::kSessions, now_).report);
  EXPECT_FALSE(limits_.Refuse(rates, "a", Limit::kBytes, now_).report);
  EXPECT_TRUE(limits_.Refuse(rates, "b", Limit::kBytes, now_).report);
  EXPECT_TRUE(limits_.Refuse(rates, "a", Limit::kBytes, now_ + seconds(60)).report);
}

// A table that a reload made smaller.
TEST_F(RateLimitsTest, ASmallerTableForgetsAsManyAsItMust) {
  for (const char* who : {"a", "b", "c", "d"})
    EXPECT_FALSE(limits_.AdmitNew({.news = 1, .table = 4}, who, now_));
  EXPECT_FALSE(limits_.AdmitNew({.news = 1, .table = 2}, "e", now_));
  EXPECT_EQ(limits_.size(), 2u);
  EXPECT_EQ(limits_.TakeForgotten(), 3u);
  EXPECT_TRUE(limits_.AdmitNew({.news = 1, .table = 2}, "d", now_)) << "it was quiet least long";
}

}  // namespace
}  // namespace funnel::service
