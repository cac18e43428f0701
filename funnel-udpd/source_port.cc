#include "funnel-udpd/source_port.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>

namespace funnel::udpd {

std::uint16_t PortOf(std::string_view client) {
  const std::size_t colon = client.rfind(':');
  if (colon == std::string_view::npos) return 0;
  const std::string_view digits = client.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() ? port : std::uint16_t{0};
}

Result<> SendFromPort(int fd, const SocketAddress& backend, std::uint16_t port) {
  if (port == 0) return Fail("the far end does not say which port the client has");
  // Otherwise the IPv4 socket of another flow, or of this one before it moved, would be in the way.
  constexpr int kOn = 1;
  const bool is_ipv6 = backend.Unmapped().family() == AF_INET6;
  if (is_ipv6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &kOn, sizeof kOn) < 0)
    return FailErrno("setsockopt(IPV6_V6ONLY)");

  const auto all =
      SocketAddress::FromLiteral(backend.family() == AF_INET6 ? "::" : "0.0.0.0", port);
  if (bind(fd, all->data(), all->size()) < 0) return FailErrno("port " + std::to_string(port));
  return {};
}

}  // namespace funnel::udpd
