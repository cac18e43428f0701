#include "common/base/receive_message.h"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace funnel {
namespace {

// SCM_MAX_FD of Linux.
constexpr std::size_t kMaxPassed = 253;

void TakeDescriptors(msghdr& message, std::vector<ForeignFd>& fds) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t at = 0; at < count; ++at) {
      int passed;
      std::memcpy(&passed, CMSG_DATA(c) + at * sizeof(int), sizeof passed);
      fds.emplace_back(UniqueFd(passed));
    }
  }
}

}  // namespace

ReceivedMessage ReceiveMessage(int fd, MutableByteView space) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxPassed * sizeof(int))> control;
  iovec piece{space.data(), space.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();

  ReceivedMessage received;
  received.size = ::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (received.size < 0) return received;
  if (message.msg_controllen != 0) TakeDescriptors(message, received.fds);
  received.cut_short = (message.msg_flags & MSG_TRUNC) != 0;
  received.lost_fds = (message.msg_flags & MSG_CTRUNC) != 0;
  return received;
}

}  // namespace funnel
