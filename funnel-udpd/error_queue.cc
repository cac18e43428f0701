#include "funnel-udpd/error_queue.h"

#include <netinet/in.h>
#include <sys/socket.h>
// It must come after those of the C library.
#include <linux/errqueue.h>

#include <cstring>

namespace funnel::udpd {

std::optional<SendingError> TakeError(int fd) {
  sockaddr_storage address{};
  alignas(cmsghdr) std::uint8_t control[512];
  msghdr header{.msg_name = &address,
                .msg_namelen = sizeof address,
                .msg_iov = nullptr,
                .msg_iovlen = 0,
                .msg_control = control,
                .msg_controllen = sizeof control,
                .msg_flags = 0};

  if (recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
  SendingError out;
  out.sent_to =
      SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&address), header.msg_namelen)
          .value_or(SocketAddress());

  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    const bool v4 = at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_RECVERR;
    const bool v6 = at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    sock_extended_err error{};
    std::memcpy(&error, CMSG_DATA(at), sizeof error);
    out.error = static_cast<int>(error.ee_errno);
    out.local = error.ee_origin == SO_EE_ORIGIN_LOCAL;
  }

  return out;
}

}  // namespace funnel::udpd
