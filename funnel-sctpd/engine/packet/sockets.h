// The sockets that carry SCTP packets: UDP (RFC 6951), and raw ones straight over IP.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "funnel-sctpd/engine/address.h"

namespace funnel::sctp {

// A UDP socket bound to ADDRESS, for those that did not get one by socket activation.
[[nodiscard]] Result<UniqueFd> BindUdpSocket(const TransportAddress& address);
// Bound to the wildcard addresses of both families at PORT; IPv4 only where the host has no IPv6.
[[nodiscard]] Result<UniqueFd> BindUdpSocket(std::uint16_t port);

// Raw IP sockets for SCTP straight over IP, of each family that this host has. Needs CAP_NET_RAW.
// A kernel that does SCTP itself (KernelAnswersSctp) answers what comes for us with ABORT, unless a
// rule drops those of its own making:
//   iptables -A OUTPUT -p sctp --chunk-types any ABORT -m owner ! --uid-owner 0-4294967294 -j DROP
[[nodiscard]] Result<std::vector<UniqueFd>> OpenDirectSockets();

}  // namespace funnel::sctp
