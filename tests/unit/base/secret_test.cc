#include "common/base/secret.h"

#include <gtest/gtest.h>

namespace funnel {
namespace {

TEST(Secret, MoveLeavesNothingBehind) {
  Secret from(AsBytes("key material"));
  const std::uint8_t* place = from.view().data();
  Secret to(std::move(from));
  EXPECT_EQ(to.view().data(), place);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is the point
}

TEST(Secret, AssignmentReplacesAndSelfAssignmentKeeps) {
  Secret a(AsBytes("first"));
  a = Secret(AsBytes("second"));
  Secret& same = a;
  a = std::move(same);
  EXPECT_EQ(AsText(a.view()), "second");
}

TEST(Secret, WipeEmpties) {
  Secret a(AsBytes("first"));
  a.Wipe();
  EXPECT_TRUE(a.empty());
}

TEST(EqualConstantTime, ComparesContentAndSize) {
  EXPECT_TRUE(EqualConstantTime(AsBytes("abc"), AsBytes("abc")));
  EXPECT_FALSE(EqualConstantTime(AsBytes("abc"), AsBytes("abd")));
  EXPECT_FALSE(EqualConstantTime(AsBytes("abc"), AsBytes("ab")));
  EXPECT_TRUE(EqualConstantTime({}, {}));
}

}  // namespace
}  // namespace funnel
