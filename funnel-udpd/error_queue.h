// What became of datagrams that a socket has sent: the errors that ICMP, or this host, reported of
// them (ip(7) IP_RECVERR, RFC 1122 section 4.1.3.3).
#pragma once

#include <optional>

#include "common/base/error.h"
#include "common/base/socket_address.h"

namespace funnel::udpd {

struct SendingError {
  int error = 0;          // errno
  SocketAddress sent_to;  // of the datagram that met it
};

// Has the kernel keep them for the socket. Its next call fails with each of them once, too.
[[nodiscard]] Result<> ReportErrors(int fd, int family);
// The oldest that is kept; nullopt: none.
[[nodiscard]] std::optional<SendingError> TakeError(int fd);

}  // namespace funnel::udpd
