// The header of the PROXY protocol, version 2, which tells a backend the client's address.
#pragma once

#include "common/base/bytes.h"
#include "common/base/socket_address.h"

namespace funnel::tcpd {

// CLIENT connected to LOCAL, both with their ports, as the listening side saw them. If they are of
// different families both are written as IPv6 (the IPv4 one mapped). Neither may be AF_UNSPEC.
//
//   offset  size
//        0    12   signature 0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A
//       12     1   version 2, command PROXY: 21
//       13     1   11 TCP over IPv4, 21 TCP over IPv6
//       14     2   what follows: 12 or 36
//       16         source address, destination address, source port, destination port
[[nodiscard]] Bytes ProxyHeader(const SocketAddress& client, const SocketAddress& local);

}  // namespace funnel::tcpd
