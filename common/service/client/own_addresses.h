// The addresses of this host where a process may not ask for them by netlink: one with CAP_NET_RAW,
// which the unit gives no netlink sockets.
#pragma once

#include <vector>

#include "common/base/socket_address.h"

namespace funnel::service {

// Those of IPv4 by SIOCGIFCONF (netdevice(7)), those of IPv6 from /proc/self/net/if_inet6; with
// port 0 and without scope. What cannot be read is left out.
[[nodiscard]] std::vector<SocketAddress> AddressesWithoutNetlink();

}  // namespace funnel::service
