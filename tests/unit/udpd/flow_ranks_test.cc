#include "funnel-udpd/flow_ranks.h"

#include <gtest/gtest.h>

#include <deque>

namespace funnel::udpd {
namespace {

using std::chrono::seconds;

class FlowRanksTest : public ::testing::Test {
 protected:
  RankedFlow& Add(const std::string& group = "one") {
    now_ += seconds(1);
    ranks_.Add(flows_.emplace_back(), group, now_);
    return flows_.back();
  }
  void Answer(RankedFlow& flow) { ranks_.OnAnswer(flow, now_ += seconds(1)); }
  void Ask(RankedFlow& flow) { ranks_.OnRequest(flow, now_ += seconds(1)); }

  TimePoint now_{};
  std::deque<RankedFlow> flows_;
  FlowRanks ranks_;
  const FlowRanks::Patience patience_{seconds(60), seconds(10)};
};

TEST_F(FlowRanksTest, TheLongestIdleOfLittleUseGoesFirst) {
  RankedFlow& used = Add();
  Answer(used);
  Ask(used);
  RankedFlow& silent = Add();
  RankedFlow& answered = Add();
  Answer(answered);
  RankedFlow& fresh = Add();
  for (RankedFlow* expected : {&silent, &answered, &fresh, &used}) {
    ASSERT_EQ(ranks_.LeastUseful(), expected);
    ranks_.Remove(*expected);
  }
  EXPECT_EQ(ranks_.LeastUseful(), nullptr);
  EXPECT_EQ(ranks_.size(), 0u);
}

TEST_F(FlowRanksTest, AClientThatRepeatsItsQuestionIsOfNoMoreUse) {
  RankedFlow& first = Add();
  RankedFlow& second = Add();
  Ask(first);
  Ask(second);
  Ask(first);
  EXPECT_EQ(ranks_.LeastUseful(), &second);
}

TEST_F(FlowRanksTest, AFloodTakesNothingFromThoseInUse) {
  RankedFlow& used = Add();
  Answer(used);
  Ask(used);
  for (int i = 0; i < 1000; ++i) {
    Add();
    if (i > 10) ranks_.Remove(*ranks_.LeastUseful());
  }
  while (ranks_.size() > 1) ranks_.Remove(*ranks_.LeastUseful());
  EXPECT_EQ(ranks_.LeastUseful(), &used);
}

TEST_F(FlowRanksTest, EachGroupHasAnOrderOfItsOwn) {
  RankedFlow& first = Add("one");
  RankedFlow& second = Add("two");
  RankedFlow& third = Add("two");
  EXPECT_EQ(ranks_.SizeOf("one"), 1u);
  EXPECT_EQ(ranks_.SizeOf("two"), 2u);
  EXPECT_EQ(ranks_.LeastUsefulOf("two"), &second);
  EXPECT_EQ(ranks_.LeastUsefulOfLargestGroup(), &second);
  ranks_.Remove(second);
  ranks_.Remove(third);
  EXPECT_EQ(ranks_.SizeOf("two"), 0u);
  EXPECT_EQ(ranks_.LeastUsefulOf("two"), nullptr);
  EXPECT_EQ(ranks_.LeastUsefulOfLargestGroup(), &first);
}

TEST_F(FlowRanksTest, AFlowOfOneAnswerExpiresSooner) {
  EXPECT_EQ(ranks_.NextExpiry(patience_), std::nullopt);
  RankedFlow& asked = Add();
  RankedFlow& answered = Add();
  Answer(answered);
  EXPECT_EQ(ranks_.NextExpiry(patience_), answered.active() + seconds(10));
  EXPECT_EQ(ranks_.Expired(now_ + seconds(9), patience_), nullptr);
  EXPECT_EQ(ranks_.Expired(now_ + seconds(10), patience_), &answered);
  // It is in use again: it may stay as long as any.
  Ask(answered);
  EXPECT_EQ(ranks_.NextExpiry(patience_), asked.active() + seconds(60));
  EXPECT_EQ(ranks_.Expired(now_ + seconds(59), patience_), &asked);
}

TEST_F(FlowRanksTest, ShowsTheMostUsefulFirst) {
  RankedFlow& asked = Add();
  RankedFlow& used = Add();
  Answer(used);
  Answer(used);
  RankedFlow& answered = Add();
  Answer(answered);
  std::vector<RankedFlow*> seen;
  ranks_.Visit([&](RankedFlow& flow) {
    seen.push_back(&flow);
    return true;
  });
  EXPECT_EQ(seen, (std::vector<RankedFlow*>{&used, &asked, &answered}));
  seen.clear();
  ranks_.Visit([&](RankedFlow& flow) {
    seen.push_back(&flow);
    return false;
  });
  EXPECT_EQ(seen.size(), 1u);
}

TEST_F(FlowRanksTest, OffersWhoWaitsAndNobodyElse) {
  RankedFlow& asked = Add();
  RankedFlow& used = Add();
  RankedFlow& carried = Add();
  for (RankedFlow* flow : {&used, &carried}) {
    Answer(*flow);
    Answer(*flow);
  }
  EXPECT_EQ(ranks_.MostUsefulWaiting(), nullptr);
  RankedFlow& later = Add();
  for (RankedFlow* flow : {&later, &used, &asked}) ranks_.SetWaiting(*flow, true);
  Ask(asked);  // a client that sends while its flow waits becomes the first of its kind
  for (RankedFlow* expected : {&used, &asked, &later}) {
    ASSERT_EQ(ranks_.MostUsefulWaiting(), expected);
    ranks_.SetWaiting(*expected, false);
  }
  EXPECT_EQ(ranks_.MostUsefulWaiting(), nullptr);
  ranks_.SetWaiting(used, true);
  ranks_.Remove(used);
  EXPECT_EQ(ranks_.MostUsefulWaiting(), nullptr);
}

}  // namespace
}  // namespace funnel::udpd
