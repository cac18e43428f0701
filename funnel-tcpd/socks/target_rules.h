// Which addresses a service with protocol = socks may connect to: [connect] networks and ports.
//
// An address is judged as the kernel and the networks between would take it: ::ffff:192.0.2.1 and,
// behind the prefix of NAT64 (RFC 6052), 64:ff9b::192.0.2.1 are 192.0.2.1. What belongs to this
// node or to one of its links is reached by no network that only happens to contain it, such as
// 0.0.0.0/0: it needs a network that stands for nothing else.
//
//   what it is                                     the network is within, or is
//   loopback                                       127.0.0.0/8, ::1
//   an address of this node                        the address alone
//   unspecified, which means this node on Linux    0.0.0.0/8, ::
//   link-local                                     169.254.0.0/16, fe80::/10
//   multicast, broadcast                           224.0.0.0/4, 255.255.255.255, ff00::/8
#pragma once

#include <span>
#include <vector>

#include "common/base/error.h"
#include "common/base/socket_address.h"
#include "common/config/service_config.h"

namespace funnel::tcpd {

class TargetRules {
 public:
  // SERVICE outlives it.
  explicit TargetRules(const config::ServiceConfig& service) : service_(service) {}

  // Whether PORT is one of the service's; it is the same for all addresses of a name. Errors of
  // both begin with the file and line that would have to allow it, and have the code EACCES.
  [[nodiscard]] Result<> JudgePort(std::uint16_t port) const;
  // Whether ADDRESS, the one that is about to be connected to, is within the service's networks.
  // OWN are the addresses of this node.
  [[nodiscard]] Result<> JudgeAddress(const SocketAddress& address,
                                      std::span<const SocketAddress> own) const;

 private:
  [[nodiscard]] std::unexpected<Error> Refuse(std::string_view key, const std::string& text) const;

  const config::ServiceConfig& service_;
};

// ADDRESS without the IPv6 around an IPv4 address: the mapped form, and NAT64's.
[[nodiscard]] SocketAddress UnfoldedAddress(const SocketAddress& address);

}  // namespace funnel::tcpd
