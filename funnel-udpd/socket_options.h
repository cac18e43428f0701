// Options of the sockets that carry datagrams.
#pragma once

#include "common/base/error.h"
#include "common/config/service_config.h"

namespace funnel::udpd {

// Each received datagram reports the address to which it was sent (ip(7) IP_PKTINFO, ipv6(7)).
[[nodiscard]] Result<> ReportDestination(int fd, int family);

// Each received datagram reports the DSCP of its packet (IP_RECVTOS, IPV6_RECVTCLASS).
[[nodiscard]] Result<> ReportMark(int fd, int family);

// Where what FD sends may be cut (IP_MTU_DISCOVER, IPV6_MTU_DISCOVER). May be called at any time.
[[nodiscard]] Result<> SetFragment(int fd, int family, config::Fragment fragment);

// Bursts wait in the kernel: asks for as much space as the host grants (net.core.rmem_max,
// wmem_max).
void EnlargeBuffers(int fd);

}  // namespace funnel::udpd
