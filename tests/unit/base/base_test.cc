// Errors, descriptors, names and randomness.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/random.h"
#include "common/base/unique_fd.h"

namespace funnel {
namespace {

Result<int> Half(int value) {
  if (value % 2) return Fail("odd");
  return value / 2;
}
Result<int> Quarter(int value) {
  int half = TRY(Half(value));
  return TRY(Half(half));
}

TEST(Result, TryPassesValuesAndErrorsOn) {
  EXPECT_EQ(Quarter(8), 2);
  auto failed = Quarter(6);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().message, "odd");
}

TEST(FailErrno, NamesWhatAndWhy) {
  Result<> failed = FailErrno("open /x", ENOENT);
  EXPECT_EQ(failed.error().message, "open /x: No such file or directory");
  EXPECT_EQ(failed.error().code, ENOENT);
}

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFd, ClosesOnceAndMovesOwnership) {
  UniqueFd first(open("/dev/null", O_RDONLY | O_CLOEXEC));
  int number = first.get();
  UniqueFd second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_TRUE(IsOpen(number));
  second.reset();
  EXPECT_FALSE(IsOpen(number));
}

TEST(ServiceName, AcceptsWhatFitsAUserName) {
  EXPECT_TRUE(ServiceName::Parse("dns"));
  EXPECT_TRUE(ServiceName::Parse("a234567890123456789012"));
  for (const char* bad :
       {"", "Dns", "9dns", "-a", "a.b", "a/b", "@peer", "a23456789012345678901234"})
    EXPECT_FALSE(ServiceName::Parse(bad)) << bad;
}

TEST(StrongId, ComparesByValue) {
  EXPECT_EQ(StreamId(3), StreamId(3));
  EXPECT_LT(StreamId(3), StreamId(4));
}

TEST(Random, DoesNotRepeat) {
  EXPECT_NE(RandomU64(), RandomU64());
  double unit = RandomUnit();
  EXPECT_GE(unit, 0.0);
  EXPECT_LT(unit, 1.0);
}

}  // namespace
}  // namespace funnel
