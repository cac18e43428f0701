#include "common/ipc/credentials.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "common/base/unique_fd.h"

namespace funnel::ipc {
namespace {

const ServiceName kDns = *ServiceName::Parse("dns");

TEST(Credentials, AreThoseOfWhoConnected) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
  UniqueFd a(fds[0]), b(fds[1]);
  auto peer = ReadPeerCredentials(a.get());
  ASSERT_TRUE(peer) << peer.error().message;
  EXPECT_EQ(peer->pid, getpid());
  EXPECT_EQ(peer->uid, geteuid());
}

TEST(Credentials, AreRefusedWhenTheProcessIsGone) {
  // The child makes the pair, so that the pair has its credentials; it passes both ends up and
  // exits.
  int carrier[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, carrier), 0);
  UniqueFd up(carrier[0]), down(carrier[1]);

  pid_t child = fork();
  ASSERT_GE(child, 0);

  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  char byte = 'x';
  iovec piece{&byte, 1};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;

  if (child == 0) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) _exit(1);
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(c), fds, sizeof fds);
    _exit(sendmsg(down.get(), &message, 0) == 1 ? 0 : 1);
  }

  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_EQ(recvmsg(up.get(), &message, MSG_CMSG_CLOEXEC), 1);

  int fds[2];
  memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fds);
  UniqueFd a(fds[0]), b(fds[1]);
  EXPECT_FALSE(ReadPeerCredentials(a.get()));
}

TEST(Credentials, UsersAreNamesOrNumbers) {
  EXPECT_TRUE(IsUser(0, "root"));
  EXPECT_TRUE(IsUser(0, "0"));
  EXPECT_TRUE(IsUser(64001, "64001"));
  EXPECT_FALSE(IsUser(64001, "64002"));
  EXPECT_FALSE(IsUser(0, "no-such-user-here"));
  EXPECT_FALSE(IsUser(0, ""));
}

TEST(Credentials, EdgeMustHaveItsServicesUser) {
  PeerCredentials peer{.pid = 1, .uid = 64003, .gid = 64003};
  EXPECT_TRUE(RequireEdge(peer, kDns, "64003"));
  auto refused = RequireEdge(peer, kDns, "64004");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("64004"), std::string::npos);
  EXPECT_FALSE(RequireSctpd(peer, "64002"));
}

TEST(Credentials, ReadersAreRootOurselvesOrTheGroup) {
  EXPECT_TRUE(RequireReader({.pid = 1, .uid = 0, .gid = 0}, "no-such-group"));
  EXPECT_TRUE(RequireReader({.pid = 1, .uid = 64003, .gid = 77}, "77"));
  EXPECT_FALSE(RequireReader({.pid = 1, .uid = 64003, .gid = 78}, "77"));
  EXPECT_FALSE(RequireAdmin({.pid = 1, .uid = 64003, .gid = 78}, "no-such-group"));
}

}  // namespace
}  // namespace funnel::ipc
