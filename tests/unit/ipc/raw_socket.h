// Sockets to which a hostile sender writes.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/unique_fd.h"

namespace funnel::ipc {

struct Pair {
  UniqueFd a, b;
  explicit Pair(int type = SOCK_SEQPACKET) {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    a.reset(fds[0]);
    b.reset(fds[1]);
  }
};

// Sends BYTES with COUNT copies of FD, as a hostile sender would.
inline void SendRaw(int socket, ByteView bytes, int fd, std::size_t count) {
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

}  // namespace funnel::ipc
