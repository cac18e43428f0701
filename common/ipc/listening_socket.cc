#include "common/ipc/listening_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace funnel::ipc {
namespace {

// -1: it is no socket.
int SocketOption(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

}  // namespace

Result<> RequireListeningSocket(int fd) {
  // Asks only the socket itself: fstat() would ask a file system, perhaps the sender's.
  const int family = SocketOption(fd, SO_DOMAIN);
  if ((family != AF_INET && family != AF_INET6) || SocketOption(fd, SO_TYPE) != SOCK_STREAM ||
      SocketOption(fd, SO_PROTOCOL) != IPPROTO_TCP)
    return Fail("a descriptor that is no TCP socket");
  if (SocketOption(fd, SO_ACCEPTCONN) != 1) return Fail("a TCP socket that does not listen");
  return {};
}

}  // namespace funnel::ipc
