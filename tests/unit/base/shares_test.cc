#include "common/base/shares.h"

#include <gtest/gtest.h>

#include <vector>

namespace funnel {
namespace {

class SharesTest : public testing::Test {
 protected:
  // Takes all that CLIENT can get.
  std::size_t TakeAll(const char* client, Shares::Standing standing = Shares::Standing::kKnown) {
    std::size_t count = 0;
    for (auto slot = shares_.Take(client, standing); slot; slot = shares_.Take(client, standing)) {
      slots_.push_back(std::move(slot));
      ++count;
    }
    return count;
  }
  Shares shares_{{.total = 100, .per_client = 60, .known = 5}};
  std::vector<Shares::Slot> slots_;
};

TEST_F(SharesTest, NoClientGetsMoreThanItsShare) {
  EXPECT_EQ(TakeAll("a"), 60u);
  EXPECT_EQ(shares_.TakenBy("a"), 60u);
  EXPECT_EQ(shares_.taken(), 60u);
}

TEST_F(SharesTest, GreedyClientsLeaveEachKnownOneWhatIsKeptForIt) {
  EXPECT_EQ(TakeAll("stranger", Shares::Standing::kStranger), 50u);
  EXPECT_EQ(TakeAll("another", Shares::Standing::kStranger), 0u);
  for (const char* known : {"a", "b", "c", "d", "e"}) EXPECT_EQ(TakeAll(known), 10u) << known;
  EXPECT_EQ(shares_.taken(), 100u);
}

TEST_F(SharesTest, KnownClientsUseTheirOwnPlacesFirst) {
  EXPECT_EQ(TakeAll("a"), 60u);
  EXPECT_EQ(TakeAll("stranger", Shares::Standing::kStranger), 0u);
  EXPECT_EQ(TakeAll("b"), 10u);
}

TEST_F(SharesTest, APlaceComesBackWhenItGoes) {
  TakeAll("stranger", Shares::Standing::kStranger);
  EXPECT_FALSE(shares_.Take("x", Shares::Standing::kStranger));
  slots_.pop_back();
  Shares::Slot slot = shares_.Take("x", Shares::Standing::kStranger);
  EXPECT_TRUE(slot);
  slot = {};
  EXPECT_EQ(shares_.TakenBy("x"), 0u);
  slots_.clear();
  EXPECT_EQ(shares_.taken(), 0u);
  EXPECT_EQ(TakeAll("a"), 60u);
}

TEST_F(SharesTest, LowerLimitsLeaveWhatIsTaken) {
  TakeAll("a");
  shares_.set_limits({.total = 10, .per_client = 10, .known = 5});
  EXPECT_EQ(shares_.taken(), 60u);
  EXPECT_FALSE(shares_.Take("b"));
  slots_.clear();
  EXPECT_TRUE(shares_.Take("b"));
}

TEST_F(SharesTest, MoreKnownClientsThanPlacesKeepNothing) {
  Shares few({.total = 4, .per_client = 2, .known = 9});
  EXPECT_EQ(few.reserve(), 0u);
  EXPECT_TRUE(few.Take("a"));
}

}  // namespace
}  // namespace funnel
