#include "funnelctl/forward_spec.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/text.h"
#include "common/config/address.h"

namespace funnel::ctl {
namespace {

constexpr std::string_view kDatagrams = "udp:";
constexpr std::size_t kParts = 3;  // without BIND

// What stands between colons; within brackets there are none.
std::vector<std::string> SplitAtColons(std::string_view text) {
  std::vector<std::string> parts(1);
  bool in_brackets = false;
  for (const char c : text) {
    if (c == '[' || c == ']') in_brackets = c == '[';
    if (c == ':' && !in_brackets) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::optional<std::uint16_t> ParseListenPort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<SocketAddress> ParseBind(std::string_view text, std::uint16_t port) {
  if (text.empty() || text == "*") return SocketAddress::FromLiteral("::", port);
  if (text == "localhost") return SocketAddress::FromLiteral("127.0.0.1", port);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return SocketAddress::FromLiteral(text, port);
}

}  // namespace

Result<ForwardSpec> ParseForwardSpec(std::string_view text) {
  if (text.starts_with(kDatagrams))
    return Fail("udp: only connections (TCP) can be forwarded, not datagrams");

  std::vector<std::string> parts = SplitAtColons(text);
  if (parts.size() == kParts) parts.insert(parts.begin(), "localhost");
  if (parts.size() != kParts + 1)
    return Fail("[BIND:]PORT:HOST:PORT is expected, with brackets around an IPv6 address, not " +
                EscapeForLog(text));

  const auto port = ParseListenPort(parts[1]);
  if (!port)
    return Fail("a port to listen at is expected (0: any), not '" + EscapeForLog(parts[1]) + "'");
  const auto listen = ParseBind(parts[0], *port);
  if (!listen)
    return Fail("an address to listen at is expected, such as 127.0.0.1, [::1] or *, not " +
                EscapeForLog(parts[0]));

  const auto target =
      config::Endpoint::ParseHost(parts[2] + ':' + parts[3], config::Endpoint::Port::kRequired);
  if (!target) return Fail("the target: " + target.error().message);
  return ForwardSpec{*listen, target->text()};
}

Result<UniqueFd> ListenForForward(const SocketAddress& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return FailErrno("cannot make a socket");

  const int on = 1, off = 0;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // All addresses are those of IPv4, too, whatever net.ipv6.bindv6only says.
  if (address.family() == AF_INET6 && address.IsWildcard())
    (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd.get(), address.data(), address.size()) < 0 || ::listen(fd.get(), SOMAXCONN) < 0)
    return FailErrno("cannot listen at " + address.text());
  return fd;
}

}  // namespace funnel::ctl
