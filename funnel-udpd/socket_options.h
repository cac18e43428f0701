// Options of the sockets that datagrams pass.
#pragma once

#include "common/base/error.h"

namespace funnel::udpd {

// Each datagram received says which address it was sent to (ip(7) IP_PKTINFO, ipv6(7)).
[[nodiscard]] Result<> ReportDestination(int fd, int family);

// Bursts wait in the kernel; as much room as the host grants (net.core.rmem_max, wmem_max).
void EnlargeBuffers(int fd);

}  // namespace funnel::udpd
