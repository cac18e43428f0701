// Whether the kernel answers new connections at a listening socket. If not, a client gets no answer
// at all, as from a port behind a firewall that drops, and repeats its SYN after 1 s, 3 s, 7 s and
// so on. Handshakes that have begun go on, and what waits in the backlog stays.
//
// A socket that stops answering takes packets only with the greatest TTL (hop limit) there is
// (IP_MINTTL, IPV6_MINHOPCOUNT; RFC 5082 is what they are for). Clients send 64 or 128, and each
// router takes one off. One that sends 255 from the same link is answered all the same.
//
// What else there is does not do: shutdown(2) makes systemd, which holds the socket, too, fail its
// unit, and a socket filter on TCP takes CAP_NET_ADMIN on newer kernels.
//
// It belongs to the socket: who inherits the socket finds it so after this process died. A
// connection has what the listening socket had when it came.
#pragma once

#include "common/base/error.h"

namespace funnel::tcpd {

// FD is a TCP socket, listening or accepted.
[[nodiscard]] Result<> SetAnswering(int fd, bool on);

}  // namespace funnel::tcpd
