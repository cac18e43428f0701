// What happened to datagrams that a socket has sent: the errors that ICMP, or this host, reported
// (ip(7) IP_RECVERR, RFC 1122 section 4.1.3.3).
#pragma once

#include <optional>

#include "common/base/socket_address.h"

namespace funnel::udpd {

struct SendingError {
  int error = 0;          // errno
  SocketAddress sent_to;  // the destination of the datagram that failed
  // This host's own: the call that was to send it has failed, too.
  bool local = false;
};

// The oldest one that FD keeps (ReportErrors, common/base/socket.h); nullopt: there is none.
[[nodiscard]] std::optional<SendingError> TakeError(int fd);

}  // namespace funnel::udpd
