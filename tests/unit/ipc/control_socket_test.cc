#include "common/ipc/control_socket.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <thread>

#include "common/ipc/control_connection.h"
#include "tests/unit/ipc/raw_socket.h"
#include "tests/unit/ipc/samples.h"

namespace funnel::ipc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::size_t OpenDescriptors() {
  std::size_t count = 0;
  DIR* dir = opendir("/proc/self/fd");
  while (readdir(dir) != nullptr) ++count;
  closedir(dir);
  return count;
}

TEST(ControlSocket, CarriesAMessageWithADescriptor) {
  Pair pair, passed;
  ControlSocket sender(std::move(pair.a)), receiver(std::move(pair.b));
  ASSERT_TRUE(sender.Send(Serialize(Sample<Attach>()), std::move(passed.a)));
  auto got = receiver.Receive();
  ASSERT_TRUE(got && *got);
  EXPECT_TRUE(Parse<Attach>((**got).packet.view()));
  ASSERT_TRUE((**got).fd);
  EXPECT_TRUE(fcntl((**got).fd.get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_EQ(write((**got).fd.get(), "x", 1), 1);
  char c;
  EXPECT_EQ(read(passed.b.get(), &c, 1), 1);
}

TEST(ControlSocket, ClosesAllDescriptorsWhenTooManyCame) {
  Pair pair;
  ControlSocket receiver(std::move(pair.b));
  // Another thread closes what is dropped.
  const auto wait_closed = [] {
    const TimePoint deadline = Now() + seconds(10);
    while (ForeignFd::CountClosing() != 0 && Now() < deadline) std::this_thread::yield();
  };
  wait_closed();
  std::size_t before = OpenDescriptors();
  for (std::size_t count : {2, 3, 200, 253}) {
    SendRaw(pair.a.get(), AsBytes("hello"), 0, count);
    auto got = receiver.Receive();
    ASSERT_TRUE(got && *got);
    EXPECT_TRUE((**got).too_many_fds);
    EXPECT_FALSE((**got).fd);
    wait_closed();
    EXPECT_EQ(OpenDescriptors(), before);
  }
}

TEST(ControlSocket, NothingThereIsNoError) {
  Pair pair;
  ControlSocket receiver(std::move(pair.b));
  auto got = receiver.Receive();
  ASSERT_TRUE(got);
  EXPECT_FALSE(*got);
}

TEST(ControlSocket, EndIsAnErrorOfItsOwn) {
  Pair pair;
  ControlSocket receiver(std::move(pair.b));
  pair.a.reset();
  auto got = receiver.Receive();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, kClosedByPeer);
  EXPECT_EQ(got.error().message, "the peer closed the connection");
}

TEST(ControlSocket, RefusesAMessageThatIsTooLarge) {
  Pair pair;
  int size = 1 << 20;
  setsockopt(pair.a.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  ControlSocket receiver(std::move(pair.b));
  SendRaw(pair.a.get(), Bytes(kMaxPacketSize + 1), -1, 0);
  EXPECT_FALSE(receiver.Receive());
  ControlSocket sender(std::move(pair.a));
  EXPECT_FALSE(sender.Send(Secret(kMaxPacketSize + 1)));
}

TEST(ControlSocket, CarriesTheLargestMessage) {
  Pair pair;
  ControlSocket sender(std::move(pair.a)), receiver(std::move(pair.b));
  ASSERT_TRUE(sender.Send(Secret(kMaxPacketSize)));
  EXPECT_FALSE(sender.wants_write());
  auto got = receiver.Receive();
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((**got).packet.size(), kMaxPacketSize);
}

TEST(ControlSocket, QueuesForASlowReaderUpToItsLimit) {
  Pair pair;
  ControlSocket sender(std::move(pair.a), {.packets = 3, .bytes = 1 << 20});
  ControlSocket receiver(std::move(pair.b));

  int sent = 0;
  while (!sender.wants_write()) {
    ASSERT_TRUE(sender.Send(Secret(1000)));
    ++sent;
  }

  ASSERT_TRUE(sender.Send(Secret(1000)));
  ASSERT_TRUE(sender.Send(Secret(1000)));
  sent += 2;
  EXPECT_FALSE(sender.Send(Secret(1000)));

  int received = 0;
  while (received < sent) {
    auto got = receiver.Receive();
    ASSERT_TRUE(got);
    if (*got) ++received;
    ASSERT_TRUE(sender.Flush());
  }
  EXPECT_FALSE(sender.wants_write());
}

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override { loop_ = std::move(*event::Loop::Create()); }
  template <typename Condition>
  bool Until(Condition condition) {
    TimePoint deadline = Now() + seconds(10);
    while (!condition()) {
      if (Now() > deadline) return false;
      EXPECT_TRUE(loop_->RunOnce(milliseconds(50)));
    }
    return true;
  }
  std::unique_ptr<event::Loop> loop_;
};

TEST_F(ConnectionTest, TellsOfMessagesAndOfTheEnd) {
  Pair pair;
  int messages = 0, closed = 0;
  auto connection = *ControlConnection::Create(*loop_, ControlSocket(std::move(pair.b)),
                                               {[&](ByteView packet, UniqueFd fd) {
                                                  EXPECT_TRUE(Parse<Command>(packet));
                                                  EXPECT_FALSE(fd);
                                                  ++messages;
                                                },
                                                [&](const Error& why) {
                                                  EXPECT_EQ(why.code, kClosedByPeer);
                                                  ++closed;
                                                }});
  ControlSocket sender(std::move(pair.a));
  ASSERT_TRUE(sender.Send(Serialize(Sample<Command>())));
  ASSERT_TRUE(sender.Send(Serialize(Sample<Command>())));
  EXPECT_TRUE(Until([&] { return messages == 2; }));
  sender = ControlSocket(UniqueFd());
  EXPECT_TRUE(Until([&] { return closed == 1; }));
  EXPECT_FALSE(connection->Send(Sample<Command>()));
}

// A far end that has sent something and gone, without reading what we sent.
class GoneTest : public ConnectionTest {
 protected:
  static constexpr int kSaid = 100;  // more than one turn handles

  void SetUp() override {
    ConnectionTest::SetUp();
    connection_ = *ControlConnection::Create(*loop_, ControlSocket(std::move(pair_.b)),
                                             {[&](ByteView, UniqueFd) {
                                                EXPECT_EQ(closed_, 0);
                                                ++messages_;
                                              },
                                              [&](const Error&) { ++closed_; }});
  }
  void SaySomethingAndGo() {
    for (int i = 0; i < kSaid; ++i)
      SendRaw(pair_.a.get(), Serialize(Sample<Command>()).view(), -1, 0);
    pair_.a.reset();
  }

  Pair pair_;
  int messages_ = 0, closed_ = 0;
  std::unique_ptr<ControlConnection> connection_;
};

TEST_F(GoneTest, IsHeardWhereWhatWaitsCannotBeSent) {
  int size = 4096;
  setsockopt(connection_->fd(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  while (connection_->queued_bytes() == 0) ASSERT_TRUE(connection_->Send(Sample<Command>()));
  SaySomethingAndGo();
  EXPECT_TRUE(Until([&] { return closed_ == 1; }));
  EXPECT_EQ(messages_, kSaid);
}

TEST_F(GoneTest, IsHeardWhereSendingFails) {
  SaySomethingAndGo();
  EXPECT_FALSE(connection_->Send(Sample<Command>()));
  EXPECT_FALSE(connection_->Send(Sample<Command>()));
  EXPECT_TRUE(Until([&] { return closed_ == 1; }));
  EXPECT_EQ(messages_, kSaid);
}

TEST_F(GoneTest, IsHeardWhereItLeftSomethingUnread) {
  ASSERT_TRUE(connection_->Send(Sample<Command>()));
  SaySomethingAndGo();
  EXPECT_TRUE(Until([&] { return closed_ == 1; }));
  EXPECT_EQ(messages_, kSaid);
}

TEST_F(ConnectionTest, EndsWhenTooManyDescriptorsCome) {
  Pair pair;
  std::string reason;
  auto connection = *ControlConnection::Create(*loop_, ControlSocket(std::move(pair.b)),
                                               {[&](ByteView, UniqueFd) { ADD_FAILURE(); },
                                                [&](const Error& why) { reason = why.message; }});
  SendRaw(pair.a.get(), AsBytes("hello"), 0, 2);
  EXPECT_TRUE(Until([&] { return !reason.empty(); }));
}

TEST_F(ConnectionTest, MayBeDestroyedInItsCallback) {
  Pair pair;
  std::unique_ptr<ControlConnection> connection;
  connection = *ControlConnection::Create(
      *loop_, ControlSocket(std::move(pair.b)),
      {[&](ByteView, UniqueFd) { connection.reset(); }, [](const Error&) {}});
  SendRaw(pair.a.get(), AsBytes("one"), -1, 0);
  SendRaw(pair.a.get(), AsBytes("two"), -1, 0);
  EXPECT_TRUE(Until([&] { return connection == nullptr; }));
}

TEST_F(ConnectionTest, ListenerAcceptsAndConnectionsTalkBothWays) {
  std::string folder = testing::TempDir() + "/funnel-ipc-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::string path = folder + "/s.sock";
  UniqueFd listening(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{.sun_family = AF_UNIX};
  strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listening.get(), 8), 0);

  std::unique_ptr<ControlConnection> server;
  auto listener = *ControlListener::Create(*loop_, std::move(listening), [&](UniqueFd fd) {
    server = *ControlConnection::Create(
        *loop_, ControlSocket(std::move(fd)),
        {[&](ByteView, UniqueFd) { server->Send(Attached{}); }, [](const Error&) {}});
  });
  bool answered = false;
  auto client = *ControlConnection::Connect(
      *loop_, path,
      {[&](ByteView packet, UniqueFd) { answered = Parse<Attached>(packet).has_value(); },
       [](const Error&) {}});
  EXPECT_TRUE(client->Send(Sample<Attach>()));
  EXPECT_TRUE(Until([&] { return answered; }));
  unlink(path.c_str());
  rmdir(folder.c_str());
}

TEST_F(ConnectionTest, ConnectingToNothingIsAnError) {
  auto connection = ControlConnection::Connect(*loop_, "/nonexistent/x.sock", {});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ENOENT);
}

}  // namespace
}  // namespace funnel::ipc
