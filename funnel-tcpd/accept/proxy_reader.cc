#include "funnel-tcpd/accept/proxy_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "common/service/client/proxy_format.h"

namespace funnel::tcpd {
namespace {

constexpr std::string_view kLine = "PROXY ";
constexpr std::string_view kLineEnd = "\r\n";
// Both versions are longer than this.
constexpr std::size_t kShortest = 12;
constexpr std::size_t kFixed = 16;  // of version 2
constexpr std::uint8_t kVersion2 = 2;
enum Command : std::uint8_t { kLocal = 0, kProxy = 1 };
// Beyond them nothing is specified: unspecified, IPv4, IPv6, Unix; unspecified, stream, datagram.
constexpr std::uint8_t kLastFamily = 3, kLastTransport = 2;

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return port;
}

std::optional<SocketAddress> ParseAddress(std::string_view host, std::string_view port_text,
                                          int family) {
  const auto port = ParsePort(port_text);
  // No zone: it would be an interface of the balancer's.
  if (!port || host.contains('%')) return std::nullopt;
  auto address = SocketAddress::FromLiteral(host, *port);
  if (address && address->family() != family) return std::nullopt;
  return address;
}

// LINE is without "PROXY " and its end:
//   TCP4|TCP6 source destination source-port destination-port, or UNKNOWN and anything
Result<ProxyProgress> ParseLine(std::string_view line) {
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return ProxyProgress{};
  std::array<std::string_view, 5> words;
  for (std::string_view& word : words) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    word = line.substr(0, blank);
    line.remove_prefix(std::min(blank + 1, line.size()));
    if (word.empty()) return Fail("its line has not all its words");
  }
  if (!line.empty()) return Fail("its line has more words than it should");

  const bool ipv4 = words[0] == "TCP4";
  if (!ipv4 && words[0] != "TCP6") return Fail("its line is neither for TCP4 nor TCP6");
  const int family = ipv4 ? AF_INET : AF_INET6;
  const auto client = ParseAddress(words[1], words[3], family);
  const auto local = ParseAddress(words[2], words[4], family);
  if (!client || !local) return Fail("an address or a port of its line is none");
  return ProxyProgress{.addresses = ProxyAddresses{*client, *local}};
}

Result<ProxyProgress> ReadLine(std::string_view header) {
  const std::size_t end = std::min(header.find_first_of(kLineEnd), header.size());
  const std::string_view tail = header.substr(end);
  if (tail == kLineEnd) return ParseLine(header.substr(kLine.size(), end - kLine.size()));
  if (!kLineEnd.starts_with(tail)) return Fail("its line does not end in CR LF");
  const std::size_t more = kLineEnd.size() - tail.size();
  if (header.size() + more > kMaxProxyLine) return Fail("its line has no end");
  return ProxyProgress{.more = more, .is_line = true};
}

SocketAddress AddressOf(ByteView ip, ByteView port) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const auto fill = [&](auto& address, auto& ip_field, auto& port_field) {
    std::memcpy(&ip_field, ip.data(), sizeof ip_field);
    std::memcpy(&port_field, port.data(), sizeof port_field);
    return SocketAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof address)
        .value_or(SocketAddress());
  };

  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  return ip.size() == sizeof v4.sin_addr ? fill(v4, v4.sin_addr, v4.sin_port)
                                         : fill(v6, v6.sin6_addr, v6.sin6_port);
}

// BODY is what is behind the 16 bytes. What follows the addresses are TLVs, which nobody here
// reads.
Result<ProxyProgress> ParseBody(std::uint8_t transport, ByteView body) {
  if ((transport >> 4) > kLastFamily || (transport & 0x0f) > kLastTransport)
    return Fail("its address family is unknown");
  if (transport != service::kProxyTcpOverIpv4 && transport != service::kProxyTcpOverIpv6)
    return ProxyProgress{};
  const std::size_t ip = transport == service::kProxyTcpOverIpv4 ? 4 : 16;
  if (body.size() < 2 * ip + 4) return Fail("its addresses are cut off");
  return ProxyProgress{
      .addresses = ProxyAddresses{AddressOf(body.first(ip), body.subspan(2 * ip, 2)),
                                  AddressOf(body.subspan(ip, ip), body.subspan(2 * ip + 2, 2))}};
}

Result<ProxyProgress> ReadBinary(ByteView header) {
  if (header.size() < kFixed) return ProxyProgress{.more = kFixed - header.size()};
  const std::uint8_t version = header[12] >> 4, command = header[12] & 0x0f;
  if (version != kVersion2) return Fail("its version is not 2");
  if (command != kLocal && command != kProxy) return Fail("its command is unknown");
  const std::size_t whole = kFixed + LoadBigEndian<2>(&header[14]);
  if (whole > kMaxProxyHeader) return Fail("it is longer than any balancer writes");
  if (header.size() < whole) return ProxyProgress{.more = whole - header.size()};
  if (command == kLocal) return ProxyProgress{};
  return ParseBody(header[13], header.subspan(kFixed));
}

}  // namespace

Result<ProxyProgress> ReadProxyHeader(ByteView header) {
  const std::string_view text = AsText(header);
  const bool line = text.starts_with(kLine.substr(0, text.size()));
  const bool binary = text.starts_with(service::kProxySignature.substr(0, text.size()));
  if (!line && !binary) return Fail("it does not begin as one");
  if (text.size() < kShortest) return ProxyProgress{.more = kShortest - text.size()};
  return line ? ReadLine(text) : ReadBinary(header);
}

}  // namespace funnel::tcpd
