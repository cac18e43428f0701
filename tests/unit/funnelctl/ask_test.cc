#include "funnelctl/ask.h"

#include <gtest/gtest.h>

#include "common/ipc/control_socket.h"
#include "tests/unit/config/temp_dir.h"
#include "tests/unit/funnelctl/fake_daemon.h"

namespace funnel::ctl {
namespace {

using namespace std::chrono_literals;

Result<std::string> AskOne(const std::string& path, std::chrono::milliseconds deadline = 10s) {
  return ctl::Ask({path, "status"}, deadline);
}

class AskTest : public testing::Test {
 protected:
  TempDir dir_;
  std::string path_ = dir_.Path("sctpd.sock");
};

TEST_F(AskTest, JoinsTheChunks) {
  FakeDaemon daemon(path_, [](int fd) {
    Reply(fd, "{\"a\":", ipc::ReplyKind::kMore);
    Reply(fd, "1}", ipc::ReplyKind::kLast);
  });
  auto answer = AskOne(path_);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, "{\"a\":1}");
}

TEST_F(AskTest, SaysThatNobodyIsThere) {
  EXPECT_EQ(AskOne(path_).error().message, "there is no control socket");
  {
    FakeDaemon gone(path_, nullptr);
  }
  EXPECT_EQ(AskOne(path_).error().message, "nobody holds its control socket");
}

// The service manager holds the socket; the daemon hangs or is dead.
TEST_F(AskTest, DoesNotWaitForever) {
  FakeDaemon silent(path_, nullptr);
  ASSERT_TRUE(silent.bound());
  EXPECT_EQ(AskOne(path_, 50ms).error().message, "no answer in time");
}

TEST_F(AskTest, OneSilentDaemonDoesNotHideTheOther) {
  FakeDaemon silent(path_, nullptr);
  FakeDaemon other(dir_.Path("authd.sock"), [](int fd) { Reply(fd, "{}", ipc::ReplyKind::kLast); });
  auto answers = AskAll({{path_, "status"}, {dir_.Path("authd.sock"), "status"}}, 200ms);
  EXPECT_FALSE(answers[0]);
  ASSERT_TRUE(answers[1]) << answers[1].error().message;
}

TEST_F(AskTest, PassesOnWhyNot) {
  FakeDaemon daemon(
      path_, [](int fd) { Reply(fd, "you\x1b[2J are not in the group", ipc::ReplyKind::kFailed); });
  EXPECT_EQ(AskOne(path_).error().message, "you\\x1b[2J are not in the group");
}

TEST_F(AskTest, DistinguishesADaemonThatDiedFromOneThatRefuses) {
  FakeDaemon daemon(path_, [](int fd) { Reply(fd, "{", ipc::ReplyKind::kMore); });
  EXPECT_EQ(AskOne(path_).error().code, ECONNRESET);
}

TEST_F(AskTest, RefusesAnswersToOtherQuestionsAndRubbish) {
  {
    FakeDaemon daemon(path_, [](int fd) { Reply(fd, "{}", ipc::ReplyKind::kLast, /*request=*/7); });
    EXPECT_FALSE(AskOne(path_));
  }
  path_ += "2";
  FakeDaemon daemon(path_, [](int fd) { EXPECT_EQ(send(fd, "rubbish", 7, 0), 7); });
  EXPECT_FALSE(AskOne(path_));
}

TEST_F(AskTest, BoundsTheAnswer) {
  FakeDaemon daemon(path_, [](int fd) {
    std::string chunk(ipc::CommandReply::kPieceSize, 'x');
    ByteView bytes = AsBytes(chunk);
    Secret packet = ipc::Serialize(
        ipc::CommandReply{1, ipc::ReplyKind::kMore, Bytes(bytes.begin(), bytes.end())});
    while (send(fd, packet.view().data(), packet.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  EXPECT_EQ(AskOne(path_).error().message, "the answer is too large");
}

}  // namespace
}  // namespace funnel::ctl
