// The addresses of a connection's two ends, as its socket has them.
#pragma once

#include <string>

#include "common/base/socket_address.h"

namespace funnel::tcpd {

// AF_UNSPEC where the socket has none to tell.
[[nodiscard]] SocketAddress LocalAddress(int fd);
[[nodiscard]] SocketAddress PeerAddress(int fd);

// Empty for AF_UNSPEC; a mapped IPv4 address as IPv4.
[[nodiscard]] std::string AddressText(const SocketAddress& address);

}  // namespace funnel::tcpd
