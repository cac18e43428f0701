#include "funnel-tcpd/socket_addresses.h"

#include <sys/socket.h>

namespace funnel::tcpd {
namespace {

// ASK is getsockname(2) or getpeername(2).
SocketAddress Ask(decltype(&getsockname) ask, int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (ask(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return SocketAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage), size)
      .value_or(SocketAddress());
}

}  // namespace

SocketAddress LocalAddress(int fd) { return Ask(getsockname, fd); }

SocketAddress PeerAddress(int fd) { return Ask(getpeername, fd); }

std::string AddressText(const SocketAddress& address) {
  return address.family() == AF_UNSPEC ? std::string() : address.Unmapped().text();
}

}  // namespace funnel::tcpd
