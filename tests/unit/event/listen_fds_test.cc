#include "common/event/listen_fds.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

namespace funnel::event {
namespace {

UniqueFd Udp() {
  UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

UniqueFd Tcp(bool listening) {
  UniqueFd fd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  if (listening) {
    EXPECT_EQ(listen(fd.get(), 5), 0);
  }
  return fd;
}

UniqueFd Control() {
  UniqueFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX};
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
  EXPECT_EQ(listen(fd.get(), 5), 0);
  return fd;
}

ListenFds Make(std::string name, UniqueFd fd) {
  std::vector<ListenFds::Named> sockets;
  sockets.push_back({std::move(name), std::move(fd)});
  return ListenFds(std::move(sockets));
}

TEST(ListenFds, TakesByNameAndKind) {
  std::vector<ListenFds::Named> sockets;
  sockets.push_back({"listen", Udp()});
  sockets.push_back({"other", Tcp(true)});
  sockets.push_back({"listen", Udp()});
  ListenFds fds(std::move(sockets));
  auto taken = fds.Take("listen", SocketKind::kDatagram);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->size(), 2u);
  EXPECT_FALSE(fds.RequireAllTaken());
  EXPECT_TRUE(fds.TakeOne("other", SocketKind::kStream));
  EXPECT_TRUE(fds.RequireAllTaken());
}

TEST(ListenFds, TakesAControlSocket) {
  ListenFds fds = Make("channel", Control());
  EXPECT_TRUE(fds.TakeOne("channel", SocketKind::kControlSocket));
}

TEST(ListenFds, SaysWhichSocketIsOfTheWrongKind) {
  ListenFds fds = Make("listen", Tcp(true));
  auto taken = fds.Take("listen", SocketKind::kDatagram);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "the socket passed as 'listen' is not a UDP socket");
}

TEST(ListenFds, RefusesATcpSocketThatDoesNotListen) {
  ListenFds fds = Make("listen", Tcp(false));
  EXPECT_FALSE(fds.Take("listen", SocketKind::kStream));
}

TEST(ListenFds, SaysHowManyItExpected) {
  ListenFds fds(std::vector<ListenFds::Named>{});
  auto taken = fds.TakeOne("authd", SocketKind::kControlSocket);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("'authd'"), std::string::npos);
  EXPECT_NE(taken.error().message.find("got 0"), std::string::npos);
}

TEST(ListenFds, IsEmptyWhenNothingWasPassed) {
  unsetenv("LISTEN_PID");
  unsetenv("LISTEN_FDS");
  auto fds = ListenFds::FromEnvironment();
  ASSERT_TRUE(fds);
  EXPECT_TRUE(fds->RequireAllTaken());
}

}  // namespace
}  // namespace funnel::event
