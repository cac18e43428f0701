// The engine on libusrsctp in AF_CONN mode: SCTP runs in this process, and we move its packets over
// UDP (RFC 6951), and straight over IP where we may have raw sockets.
#pragma once

#include <memory>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/engine/settings.h"

namespace funnel::sctp {

// SOCKETS: bound UDP sockets, one for each address or one for all of a family (one IPv6 without
// IPV6_V6ONLY serves both); beside them those of OpenDirectSockets, for Carrier::kDirect. OBSERVER
// outlives the engine. Several engines may live in one process (and must stay in one thread).
[[nodiscard]] Result<std::unique_ptr<Engine>> MakeUserlandEngine(const Settings& settings,
                                                                 std::vector<UniqueFd> sockets,
                                                                 EngineObserver& observer);

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
