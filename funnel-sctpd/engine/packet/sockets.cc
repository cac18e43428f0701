#include "funnel-sctpd/engine/packet/sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace funnel::sctp {

Result<UniqueFd> BindUdpSocket(const TransportAddress& address) {
  int family = address.is_ipv6() ? AF_INET6 : AF_INET;
  UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return FailErrno("UDP socket");
  sockaddr_storage raw;
  socklen_t length = address.ToSockaddr(raw);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&raw), length) < 0)
    return FailErrno("bind " + address.text());
  return fd;
}

Result<UniqueFd> BindUdpSocket(std::uint16_t port) {
  auto any = TransportAddress::Parse("::", port);
  auto both = BindUdpSocket(*any);
  if (both || both.error().code != EAFNOSUPPORT) return both;
  return BindUdpSocket(*TransportAddress::Parse("0.0.0.0", port));
}

Result<std::vector<UniqueFd>> OpenDirectSockets() {
  std::vector<UniqueFd> out;
  for (int family : {AF_INET, AF_INET6}) {
    UniqueFd fd(::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_SCTP));
    if (!fd && errno == EAFNOSUPPORT) continue;
    if (!fd) return FailErrno("raw socket for SCTP (needs CAP_NET_RAW)");
    out.push_back(std::move(fd));
  }
  return out;
}

}  // namespace funnel::sctp
