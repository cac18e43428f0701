#include "funnelctl/ask.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <functional>
#include <thread>

#include "common/ipc/control_socket.h"
#include "common/ipc/status_messages.h"
#include "tests/unit/config/temp_dir.h"

namespace funnel::ctl {
namespace {

using namespace std::chrono_literals;

// A daemon's control socket, whose first client is served by a thread.
class FakeDaemon {
 public:
  using Serve = std::function<void(int fd)>;

  FakeDaemon(const std::string& path, Serve serve)
      : listening_(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    bound_ = bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
             listen(listening_.get(), 4) == 0;
    if (serve) {
      thread_ = std::thread([this, serve] {
        UniqueFd client(accept(listening_.get(), nullptr, nullptr));
        std::uint8_t question[64];
        size_ = recv(client.get(), question, sizeof question, 0);
        serve(client.get());
      });
    }
  }
  ~FakeDaemon() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] bool bound() const { return bound_; }

 private:
  UniqueFd listening_;
  bool bound_ = false;
  ssize_t size_ = 0;
  std::thread thread_;
};

void Reply(int fd, std::string_view json, bool more, std::uint32_t request = 1) {
  ByteView bytes = AsBytes(json);
  Secret packet =
      ipc::Serialize(ipc::StatusReply{request, more, Bytes(bytes.begin(), bytes.end())});
  EXPECT_EQ(send(fd, packet.view().data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
}

Result<std::string> AskOne(const std::string& path, std::chrono::milliseconds deadline = 10s) {
  return std::move(AskStatus({path}, deadline).front());
}

class Ask : public testing::Test {
 protected:
  TempDir dir_;
  std::string path_ = dir_.Path("sctpd.sock");
};

TEST_F(Ask, JoinsTheChunks) {
  FakeDaemon daemon(path_, [](int fd) {
    Reply(fd, "{\"a\":", /*more=*/true);
    Reply(fd, "1}", /*more=*/false);
  });
  auto answer = AskOne(path_);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, "{\"a\":1}");
}

TEST_F(Ask, SaysThatNobodyIsThere) {
  EXPECT_EQ(AskOne(path_).error().message, "there is no control socket");
  { FakeDaemon gone(path_, nullptr); }
  EXPECT_EQ(AskOne(path_).error().message, "nobody holds its control socket");
}

// The service manager holds the socket; the daemon hangs or is dead.
TEST_F(Ask, DoesNotWaitForever) {
  FakeDaemon silent(path_, nullptr);
  ASSERT_TRUE(silent.bound());
  EXPECT_EQ(AskOne(path_, 50ms).error().message, "no answer in time");
}

TEST_F(Ask, OneSilentDaemonDoesNotHideTheOther) {
  FakeDaemon silent(path_, nullptr);
  FakeDaemon other(dir_.Path("authd.sock"), [](int fd) { Reply(fd, "{}", /*more=*/false); });
  auto answers = AskStatus({path_, dir_.Path("authd.sock")}, 200ms);
  EXPECT_FALSE(answers[0]);
  ASSERT_TRUE(answers[1]) << answers[1].error().message;
}

TEST_F(Ask, SaysThatItMayNotAsk) {
  FakeDaemon daemon(path_, [](int) {});
  EXPECT_NE(AskOne(path_).error().message.find("read-group"), std::string::npos);
}

TEST_F(Ask, RefusesAnswersToOtherQuestionsAndRubbish) {
  {
    FakeDaemon daemon(path_, [](int fd) { Reply(fd, "{}", /*more=*/false, /*request=*/7); });
    EXPECT_FALSE(AskOne(path_));
  }
  path_ += "2";
  FakeDaemon daemon(path_, [](int fd) { EXPECT_EQ(send(fd, "rubbish", 7, 0), 7); });
  EXPECT_FALSE(AskOne(path_));
}

TEST_F(Ask, BoundsTheAnswer) {
  FakeDaemon daemon(path_, [](int fd) {
    std::string chunk(ipc::StatusReply::kChunkSize, 'x');
    ByteView bytes = AsBytes(chunk);
    Secret packet = ipc::Serialize(ipc::StatusReply{1, true, Bytes(bytes.begin(), bytes.end())});
    while (send(fd, packet.view().data(), packet.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  EXPECT_EQ(AskOne(path_).error().message, "the answer is too large");
}

}  // namespace
}  // namespace funnel::ctl
