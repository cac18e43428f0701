// What more than one kind of socket needs.
#pragma once

#include <sys/un.h>

#include <string>

#include "common/base/error.h"

namespace funnel {

// The address of the Unix socket at PATH. Fails if it does not hold so long a path.
[[nodiscard]] Result<sockaddr_un> UnixAddress(const std::string& path);

// The error that waits at FD (SO_ERROR), an errno; it is reported once. 0: there is none.
[[nodiscard]] int TakeSocketError(int fd);

// Makes the kernel keep what ICMP reports about datagrams that FD has sent, although it is not
// connected (ip(7) IP_RECVERR). Each report also makes its next call fail once.
[[nodiscard]] Result<> ReportErrors(int fd, int family);

}  // namespace funnel
