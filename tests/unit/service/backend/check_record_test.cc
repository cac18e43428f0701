#include "common/service/backend/check_record.h"

#include <gtest/gtest.h>

namespace funnel::service {
namespace {

using namespace std::chrono_literals;

class CheckRecordTest : public testing::Test {
 protected:
  // What down() is after each result of RESULTS: "+" for passed, "-" for failed.
  std::string Down(std::string_view results) {
    std::string out;
    for (const char c : results) {
      record_.Add(c == '+' ? Result<>() : Result<>(Fail("no answer")), limits_, now_ += 1s);
      out += record_.down() ? 'd' : 'u';
    }
    return out;
  }

  CheckRecord::Limits limits_{.rise = 2, .fall = 3};
  CheckRecord record_;
  TimePoint now_{1h};
};

TEST_F(CheckRecordTest, ChangesAfterSoManyInARow) { EXPECT_EQ(Down("--+---+-++-"), "uuuuudddduu"); }

TEST_F(CheckRecordTest, KnowsTheLastOneAndCountsAll) {
  EXPECT_FALSE(record_.passed());
  (void)Down("+-");
  EXPECT_EQ(record_.passed(), false);
  EXPECT_EQ(record_.error(), "no answer");
  EXPECT_EQ(record_.at(), now_);
  (void)Down("+");
  EXPECT_EQ(record_.passed(), true);
  EXPECT_EQ(record_.error(), "");
  EXPECT_EQ(record_.total(), 3u);
  EXPECT_EQ(record_.failed_total(), 1u);
}

TEST_F(CheckRecordTest, HasRisenAfterSoManyThatPassed) {
  (void)Down("+");
  EXPECT_FALSE(record_.risen(2));
  (void)Down("+");
  EXPECT_TRUE(record_.risen(2));
  record_.StartOver();
  EXPECT_FALSE(record_.risen(2));
  (void)Down("+");
  EXPECT_FALSE(record_.risen(2));
  (void)Down("+");
  EXPECT_TRUE(record_.risen(2));
  (void)Down("-");
  EXPECT_FALSE(record_.risen(1));
}

}  // namespace
}  // namespace funnel::service
