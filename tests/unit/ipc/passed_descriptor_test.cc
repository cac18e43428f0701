// Descriptors that come with messages: which are accepted, and who closes the others.
#include <fcntl.h>
#include <netinet/in.h>

#include "common/ipc/control_connection.h"
#include "common/ipc/listening_socket.h"
#include "tests/unit/ipc/raw_socket.h"
#include "tests/unit/ipc/samples.h"

namespace funnel::ipc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PassedDescriptorTest : public testing::Test {
 protected:
  template <typename Condition>
  bool Until(Condition condition) {
    const TimePoint deadline = Now() + seconds(10);
    while (!condition()) {
      if (Now() > deadline) return false;
      EXPECT_TRUE(loop_->RunOnce(milliseconds(50)));
    }
    return true;
  }
  std::unique_ptr<event::Loop> loop_ = std::move(*event::Loop::Create());
};

// Whatever it is: a descriptor that a message must not have is refused before the message is read.
TEST_F(PassedDescriptorTest, EndsWhenADescriptorComesThatTheMessageDoesNotWant) {
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
        {[&](ByteView, UniqueFd) { ++messages; }, [&](const Error& why) { reason = why.message; }});
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

TEST_F(PassedDescriptorTest, ACommandBringsAListeningTcpSocketOrNone) {
  const Secret packet = Serialize(Sample<CommandWithSocket>());
  const auto listening = [](int family, int type) {
    UniqueFd fd(socket(family, type | SOCK_CLOEXEC, 0));
    (void)listen(fd.get(), 1);
    return fd;
  };
  const UniqueFd ipv4 = listening(AF_INET, SOCK_STREAM), idle(socket(AF_INET, SOCK_STREAM, 0)),
                 udp = listening(AF_INET, SOCK_DGRAM),
                 unix_socket = listening(AF_UNIX, SOCK_STREAM),
                 file(open("/dev/null", O_RDWR | O_CLOEXEC));

  EXPECT_TRUE(RequireListeningSocket(ipv4.get()));
  EXPECT_EQ(RequireListeningSocket(idle.get()).error().message,
            "a TCP socket that does not listen");
  for (const UniqueFd* fd : {&udp, &unix_socket, &file})
    EXPECT_EQ(RequireListeningSocket(fd->get()).error().message,
              "a descriptor that is no TCP socket");
  EXPECT_FALSE(RequireListeningSocket(-1));

  for (const UniqueFd* fd : {&ipv4, &idle}) {
    Pair pair;
    std::string reason;
    int sockets = 0;
    auto connection =
        *ControlConnection::Create(*loop_, ControlSocket(std::move(pair.b)),
                                   {[&](ByteView, ForeignFd got) { sockets += got ? 1 : 0; },
                                    [&](const Error& why) { reason = why.message; }});
    SendRaw(pair.a.get(), packet.view(), fd->get(), 1);
    EXPECT_TRUE(Until([&] { return sockets != 0 || !reason.empty(); }));
    EXPECT_EQ(reason.empty(), fd == &ipv4) << reason;
  }
}

// A TCP connection with unsent data and a long linger time: whoever closes it last must wait.
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
  // From now on the receiver of a copy has the last one.
  void SendTo(int socket, ByteView packet) {
    SendRaw(socket, packet, full_.get(), 1);
    full_.reset();
  }

 private:
  UniqueFd full_, unread_;
};

TEST_F(PassedDescriptorTest, NeverWaitsForTheCloseOfWhatCame) {
  const Secret command = Serialize(Sample<Command>());
  Pair read, unread;
  LingeringConnection first, second;
  std::string reason;
  auto reader = *ControlConnection::Create(
      *loop_, ControlSocket(std::move(read.b)),
      {[&](ByteView, UniqueFd) {}, [&](const Error& why) { reason = why.message; }});
  auto deaf = std::make_unique<ControlSocket>(std::move(unread.b));
  const TimePoint begin = Now();
  first.SendTo(read.a.get(), command.view());
  EXPECT_TRUE(Until([&] { return !reason.empty(); }));
  // If a descriptor was never read, it is closed with its socket.
  second.SendTo(unread.a.get(), command.view());
  deaf.reset();
  EXPECT_LT(Now() - begin, seconds(4));
  EXPECT_TRUE(Until([&] { return ForeignFd::CountClosing() == 0; }));
  EXPECT_LT(Now() - begin, seconds(7)) << "lingering was not turned off";
}

}  // namespace
}  // namespace funnel::ipc
