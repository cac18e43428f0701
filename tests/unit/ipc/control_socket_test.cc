#include "common/ipc/control_socket.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <thread>

#include "common/ipc/control_connection.h"
#include "tests/unit/ipc/samples.h"

namespace funnel::ipc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Pair {
  UniqueFd a, b;
  explicit Pair(int type = SOCK_SEQPACKET) {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    a.reset(fds[0]);
    b.reset(fds[1]);
  }
};

std::size_t OpenDescriptors() {
  std::size_t count = 0;
  DIR* dir = opendir("/proc/self/fd");
  while (readdir(dir) != nullptr) ++count;
  closedir(dir);
  return count;
}

// Sends BYTES with COUNT copies of FD, as a hostile sender would.
void SendRaw(int socket, ByteView bytes, int fd, std::size_t count) {
  std::vector<char> control(CMSG_SPACE(count * sizeof(int)));
  iovec piece{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (count != 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (std::size_t i = 0; i < count; ++i) memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof fd);
  }
  ASSERT_GE(sendmsg(socket, &message, 0), 0);
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
  // What is let go is closed by another thread.
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

TEST(ControlSocket, EndIsAnErrorWithoutText) {
  Pair pair;
  ControlSocket receiver(std::move(pair.b));
  pair.a.reset();
  auto got = receiver.Receive();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, "");
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
                                                [&](const std::string& reason) {
                                                  EXPECT_EQ(reason, "");
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

TEST_F(ConnectionTest, EndsWhenTooManyDescriptorsCome) {
  Pair pair;
  std::string reason;
  auto connection = *ControlConnection::Create(
      *loop_, ControlSocket(std::move(pair.b)),
      {[&](ByteView, UniqueFd) { ADD_FAILURE(); }, [&](const std::string& why) { reason = why; }});
  SendRaw(pair.a.get(), AsBytes("hello"), 0, 2);
  EXPECT_TRUE(Until([&] { return !reason.empty(); }));
}

// Whatever it is: what a message does not want is refused before anybody looks at the message.
TEST_F(ConnectionTest, EndsWhenADescriptorComesThatTheMessageDoesNotWant) {
  const Secret attach = Serialize(Sample<Attach>()), command = Serialize(Sample<Command>());
  Pair stream(SOCK_STREAM), datagram(SOCK_DGRAM), packets;
  UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC)), tcp(socket(AF_INET, SOCK_STREAM, 0)),
      unconnected(socket(AF_UNIX, SOCK_STREAM, 0));
  const auto reason_for = [&](const Secret& packet, int fd) {
    Pair pair;
    std::string reason;
    int messages = 0;
    auto connection = *ControlConnection::Create(
        *loop_, ControlSocket(std::move(pair.b)),
        {[&](ByteView, UniqueFd) { ++messages; }, [&](const std::string& why) { reason = why; }});
    SendRaw(pair.a.get(), packet.view(), fd, 1);
    EXPECT_TRUE(Until([&] { return messages != 0 || !reason.empty(); }));
    return reason;
  };
  EXPECT_EQ(reason_for(attach, stream.a.get()), "");
  EXPECT_EQ(reason_for(command, stream.a.get()),
            "a message with a descriptor that it does not need");
  for (int fd : {datagram.a.get(), packets.a.get(), file.get(), tcp.get()})
    EXPECT_EQ(reason_for(attach, fd), "a descriptor that is no Unix stream socket") << fd;
  EXPECT_NE(reason_for(attach, unconnected.get()), "");
}

// A TCP connection with unsent data whose owner has it linger for long: whoever closes it last
// waits.
class LingeringConnection {
 public:
  LingeringConnection() {
    UniqueFd listening(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int small = 4096;
    setsockopt(listening.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    EXPECT_EQ(bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listening.get(), 1), 0);
    getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
    full_.reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(full_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    unread_.reset(accept(listening.get(), nullptr, nullptr));
    const Bytes bytes(65536);
    while (send(full_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) continue;
    const linger long_time{.l_onoff = 1, .l_linger = 8};
    setsockopt(full_.get(), SOL_SOCKET, SO_LINGER, &long_time, sizeof long_time);
  }
  // From then on whoever got a copy has the last one.
  void SendTo(int socket, ByteView packet) {
    SendRaw(socket, packet, full_.get(), 1);
    full_.reset();
  }

 private:
  UniqueFd full_, unread_;
};

TEST_F(ConnectionTest, NeverWaitsForTheCloseOfWhatCame) {
  const Secret command = Serialize(Sample<Command>());
  Pair read, unread;
  LingeringConnection first, second;
  std::string reason;
  auto reader = *ControlConnection::Create(
      *loop_, ControlSocket(std::move(read.b)),
      {[&](ByteView, UniqueFd) {}, [&](const std::string& why) { reason = why; }});
  auto deaf = std::make_unique<ControlSocket>(std::move(unread.b));
  const TimePoint begin = Now();
  first.SendTo(read.a.get(), command.view());
  EXPECT_TRUE(Until([&] { return !reason.empty(); }));
  // One that was never read goes with its socket.
  second.SendTo(unread.a.get(), command.view());
  deaf.reset();
  EXPECT_LT(Now() - begin, seconds(4));
  EXPECT_TRUE(Until([&] { return ForeignFd::CountClosing() == 0; }));
  EXPECT_LT(Now() - begin, seconds(7)) << "lingering was not turned off";
}

TEST_F(ConnectionTest, MayBeDestroyedInItsCallback) {
  Pair pair;
  std::unique_ptr<ControlConnection> connection;
  connection = *ControlConnection::Create(
      *loop_, ControlSocket(std::move(pair.b)),
      {[&](ByteView, UniqueFd) { connection.reset(); }, [](const std::string&) {}});
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
        {[&](ByteView, UniqueFd) { server->Send(Attached{}); }, [](const std::string&) {}});
  });
  bool answered = false;
  auto client = *ControlConnection::Connect(
      *loop_, path,
      {[&](ByteView packet, UniqueFd) { answered = Parse<Attached>(packet).has_value(); },
       [](const std::string&) {}});
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
