#include "common/net/source_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <utility>

namespace funnel::net {
namespace {

constexpr int kOn = 1;

std::unexpected<Error> NoSource(const std::string& what, int error = errno) {
  return Fail("source: " + FailErrno(what, error).error().message,
              error == EADDRINUSE ? EADDRINUSE : EADDRNOTAVAIL);
}

// The address that FD is bound to, with port 0.
Result<SocketAddress> AddressFor(const SocketSource& from, const SocketAddress& to) {
  SocketAddress address = from.source.transparent ? from.client.Unmapped() : from.source.address;
  if (address.family() == AF_UNSPEC && from.source.transparent)
    return Fail("source: the client's address is not known", EADDRNOTAVAIL);
  if (address.family() == AF_UNSPEC)
    return *SocketAddress::FromLiteral(to.family() == AF_INET6 ? "::" : "0.0.0.0", /*port=*/0);
  if (address.family() != to.family())
    return Fail("source: " + address.ip_text() + " and " + to.ip_text() + " are of two families",
                EADDRNOTAVAIL);
  address.set_port(0);
  return address;
}

// Lets FD have an address that is not this node's.
Result<> AllowForeign(int fd, int family) {
  const bool v6 = family == AF_INET6;
  if (setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, &kOn,
                 sizeof kOn) < 0)
    return NoSource("transparent takes CAP_NET_RAW");
  return {};
}

// A socket that reaches a backend of this node which does not run would reach itself from there.
bool IsSelf(const SocketAddress& address, std::uint16_t port, const SocketAddress& to) {
  return port == to.port() &&
         (address.ip_bytes() == to.ip_bytes() || (address.IsWildcard() && to.IsLoopback()));
}

Result<> Bind(int fd, const SocketSource& from, SocketAddress address, std::uint16_t port,
              const SocketAddress& to) {
  if (IsSelf(address, port, to)) return NoSource("the backend's own port", EADDRINUSE);
  if (from.source.transparent) TRY(AllowForeign(fd, address.family()));
  // Otherwise an IPv4 socket with that port would be in the way.
  if (address.family() == AF_INET6 &&
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &kOn, sizeof kOn) < 0)
    return NoSource("setsockopt(IPV6_V6ONLY)");
  address.set_port(port);
  if (bind(fd, address.data(), address.size()) == 0) return {};
  return NoSource(port == 0 ? address.ip_text() : address.text());
}

// Two connections may have one port if their other ends differ, so only connecting shows whether it
// can be had.
Result<Connecting> ConnectFromPort(const SocketSource& from, const SocketAddress& address,
                                   std::uint16_t port, const SocketAddress& to) {
  Connecting out;
  out.fd.reset(socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, /*protocol=*/0));
  if (!out.fd) return FailErrno("socket");
  if (!from.source.any()) {
    // The kernel chooses the port when it knows the other end, too: then there are enough.
    const int option = port == 0 ? IP_BIND_ADDRESS_NO_PORT : SO_REUSEADDR;
    (void)setsockopt(out.fd.get(), port == 0 ? IPPROTO_IP : SOL_SOCKET, option, &kOn, sizeof kOn);
    TRY(Bind(out.fd.get(), from, address, port, to));
  }

  out.connected = connect(out.fd.get(), to.data(), to.size()) == 0;
  if (out.connected || errno == EINPROGRESS) return out;
  if (errno == EADDRNOTAVAIL && !from.source.any()) return NoSource("no free port", EADDRINUSE);
  return FailErrno("cannot connect");
}

}  // namespace

Result<Connecting> ConnectFrom(const SocketSource& from, const SocketAddress& to, TimePoint now) {
  SocketAddress address;
  if (!from.source.any()) address = TRY(AddressFor(from, to));
  if (!from.source.has_ports()) return ConnectFromPort(from, address, /*port=*/0, to);

  Connecting out;
  const auto try_port = [&](std::uint16_t port) -> Result<> {
    out = TRY(ConnectFromPort(from, address, port, to));
    return {};
  };
  TRY(from.ports.Take(from.source.ports, to, now, try_port));
  return out;
}

Result<> BindForDatagrams(int fd, const SocketSource& from, const SocketAddress& to,
                          TimePoint now) {
  if (from.source.any()) return {};
  if (!from.source.has_ports()) return BindToPort(fd, from, to, /*port=*/0);
  return from.ports.Take(from.source.ports, SocketAddress(), now,
                         [&](std::uint16_t port) { return BindToPort(fd, from, to, port); });
}

Result<> BindToPort(int fd, const SocketSource& from, const SocketAddress& to, std::uint16_t port) {
  const SocketAddress address = TRY(AddressFor(from, to));
  return Bind(fd, from, address, port, to);
}

}  // namespace funnel::net
