#include "common/base/receive_message.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

#include "tests/unit/ipc/raw_socket.h"

namespace funnel {
namespace {

struct ReceiveMessageTest : testing::Test {
  ipc::Pair pair;
  std::array<std::uint8_t, 8> space{};
};

TEST_F(ReceiveMessageTest, OwnsAllDescriptorsThatAMessageMayBring) {
  for (std::size_t count : {1, 2, 253}) {
    ipc::SendRaw(pair.a.get(), AsBytes("hello"), pair.a.get(), count);
    const ReceivedMessage got = ReceiveMessage(pair.b.get(), space);
    EXPECT_EQ(got.size, 5);
    EXPECT_FALSE(got.lost_fds || got.cut_short);
    ASSERT_EQ(got.fds.size(), count);
    for (const ForeignFd& fd : got.fds) {
      EXPECT_NE(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
      struct stat sent, came;
      ASSERT_EQ(fstat(pair.a.get(), &sent) | fstat(fd.get(), &came), 0);
      EXPECT_EQ(sent.st_ino, came.st_ino);
    }
  }
}

TEST_F(ReceiveMessageTest, SaysWhatDidNotFit) {
  ipc::SendRaw(pair.a.get(), AsBytes("nine bytes"), 0, 0);
  const ReceivedMessage got = ReceiveMessage(pair.b.get(), space);
  EXPECT_TRUE(got.cut_short);
  EXPECT_EQ(got.size, 8);
}

TEST_F(ReceiveMessageTest, DoesNotWait) {
  EXPECT_EQ(ReceiveMessage(pair.b.get(), space).size, -1);
  EXPECT_EQ(errno, EAGAIN);
  pair.a.reset();
  EXPECT_EQ(ReceiveMessage(pair.b.get(), space).size, 0);
}

}  // namespace
}  // namespace funnel
