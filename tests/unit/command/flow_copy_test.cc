#include "common/command/flow_copy.h"

#include "tests/unit/command/ends.h"

namespace funnel::command {
namespace {

class FlowCopyTest : public testing::Test {
 protected:
  Ends a_, b_;
  const int from_ = a_.pairs.ours[0].get(), to_ = b_.pairs.ours[0].get();
};

TEST_F(FlowCopyTest, CopiesCountsAndEnds) {
  FlowCopy copy(from_, to_);
  EXPECT_EQ(copy.from_events(), POLLIN);
  EXPECT_EQ(copy.to_events(), 0);
  EXPECT_FALSE(copy.Read());
  WriteAll(a_.stdio(), "hello");
  EXPECT_TRUE(copy.Read());
  EXPECT_EQ(copy.from_events(), 0);
  EXPECT_EQ(copy.to_events(), POLLOUT);
  copy.Write();
  EXPECT_TRUE(copy.flushed());
  EXPECT_EQ(copy.bytes(), 5u);

  EXPECT_FALSE(copy.ended());
  a_.CloseTheirs();
  EXPECT_FALSE(copy.Read());
  EXPECT_TRUE(copy.ended());
  EXPECT_EQ(copy.from_events(), 0);
}

TEST_F(FlowCopyTest, ReadsNoMoreThanItCanWrite) {
  FlowCopy copy(from_, to_);
  std::uint64_t sent = 0;
  const std::string piece(FlowCopy::kBuffer, 'x');
  for (;;) {
    const ssize_t size = ::send(a_.stdio(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (size > 0) sent += static_cast<std::uint64_t>(size);
    (void)copy.Read();
    copy.Write();
    if (size < 0) break;
  }
  EXPECT_FALSE(copy.flushed());
  EXPECT_FALSE(copy.Read());
  EXPECT_LT(copy.bytes(), sent);
}

TEST_F(FlowCopyTest, WritesAsMuchAtOnceAsMayBe) {
  FlowCopy copy(from_, to_, /*at_once=*/4);
  WriteAll(a_.stdio(), "abcdefg");
  EXPECT_TRUE(copy.Read());
  copy.Write();
  EXPECT_FALSE(copy.flushed());
  copy.Write();
  EXPECT_TRUE(copy.flushed());
}

TEST_F(FlowCopyTest, DropsWhatNobodyWants) {
  FlowCopy copy(from_, to_);
  b_.CloseTheirs();
  WriteAll(a_.stdio(), "one");
  EXPECT_TRUE(copy.Read());
  copy.Write();
  EXPECT_TRUE(copy.unwanted());
  WriteAll(a_.stdio(), "two");
  EXPECT_TRUE(copy.Read());
  EXPECT_TRUE(copy.flushed());
  EXPECT_EQ(copy.bytes(), 6u);
}

TEST_F(FlowCopyTest, ReadsOnForNobody) {
  FlowCopy copy(from_, to_);
  WriteAll(a_.stdio(), "one");
  EXPECT_TRUE(copy.Read());
  copy.Disown();
  EXPECT_TRUE(copy.flushed());
  WriteAll(a_.stdio(), "two");
  EXPECT_TRUE(copy.Read());
  EXPECT_TRUE(copy.flushed());
  EXPECT_EQ(copy.bytes(), 6u);
}

}  // namespace
}  // namespace funnel::command
