#include "common/base/deadlines.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace funnel {
namespace {

using namespace std::chrono_literals;

struct Owner {
  explicit Owner(int its_name) : name(its_name) {}
  int name;
  Deadlines<Owner>::Deadline deadline{*this};
};

class DeadlinesTest : public testing::Test {
 protected:
  std::vector<int> Due(TimePoint now) {
    std::vector<int> names;
    all.RunDue(now, [&](Owner& owner) { names.push_back(owner.name); });
    return names;
  }

  const TimePoint start{1000s};
  Deadlines<Owner> all;
  Owner a{1}, b{2}, c{3};
};

TEST_F(DeadlinesTest, ReportsWhoIsDueAndWhenTheNextOneIs) {
  EXPECT_EQ(all.next(), TimePoint::max());
  all.Set(a.deadline, start + 3s);
  all.Set(b.deadline, start + 1s);
  all.Set(c.deadline, start + 2s);
  EXPECT_EQ(all.next(), start + 1s);
  EXPECT_EQ(Due(start), std::vector<int>{});
  EXPECT_EQ(Due(start + 2s), (std::vector<int>{2, 3}));
  EXPECT_EQ(b.deadline.at(), TimePoint::max());
  EXPECT_EQ(all.next(), start + 3s);
}

TEST_F(DeadlinesTest, MovesAndClears) {
  all.Set(a.deadline, start + 1s);
  all.Set(a.deadline, start + 5s);
  EXPECT_EQ(all.next(), start + 5s);
  all.SetEarlier(a.deadline, start + 6s);
  EXPECT_EQ(all.next(), start + 5s);
  all.SetEarlier(a.deadline, start + 4s);
  EXPECT_EQ(a.deadline.at(), start + 4s);
  all.Set(a.deadline, TimePoint::max());
  EXPECT_EQ(all.next(), TimePoint::max());
  all.Set(b.deadline, start);
  b.deadline.Clear();
  EXPECT_EQ(Due(start + 9s), std::vector<int>{});
}

TEST_F(DeadlinesTest, OneThatGoesLeaves) {
  auto gone = std::make_unique<Owner>(4);
  all.Set(gone->deadline, start);
  all.Set(a.deadline, start);
  gone.reset();
  EXPECT_EQ(Due(start), std::vector<int>{1});
}

TEST_F(DeadlinesTest, OneThatIsDueAgainAtOnceKeepsNobodyBusy) {
  all.Set(a.deadline, start);
  int told = 0;
  all.RunDue(start, [&](Owner& owner) {
    ++told;
    all.Set(owner.deadline, start);
  });
  EXPECT_EQ(told, 1);
  EXPECT_EQ(all.next(), start);
}

TEST_F(DeadlinesTest, MayDestroyOthersThatAreDue) {
  auto other = std::make_unique<Owner>(4);
  all.Set(a.deadline, start);
  all.Set(other->deadline, start + 1s);
  int told = 0;
  all.RunDue(start + 2s, [&](Owner&) {
    ++told;
    other.reset();
  });
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace funnel
