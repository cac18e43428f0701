#include "funnel-tcpd/socks/target_rules.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace funnel::tcpd {
namespace {

constexpr std::string_view kNat64Prefix("\0\x64\xff\x9b\0\0\0\0\0\0\0\0", 12);

// What is special about an address, and how long the prefix of a network must be that stands for
// nothing else.
struct Special {
  std::string_view text;
  int prefix_bits = 0;
};

std::uint8_t ByteOf(const SocketAddress& address, std::size_t i) {
  return static_cast<std::uint8_t>(address.ip_bytes()[i]);
}

Special SpecialIpv4(const SocketAddress& address) {
  const std::uint8_t first = ByteOf(address, 0);
  if (first == 0) return {"unspecified", 8};
  if (first == 169 && ByteOf(address, 1) == 254) return {"link-local", 16};
  if ((first & 0xf0) == 0xe0) return {"multicast", 4};
  if (address.ip_text() == "255.255.255.255") return {"broadcast", 32};
  return {};
}

Special SpecialIpv6(const SocketAddress& address) {
  const std::uint8_t first = ByteOf(address, 0);
  if (address.IsWildcard()) return {"unspecified", 128};
  if (first == 0xfe && (ByteOf(address, 1) & 0xc0) == 0x80) return {"link-local", 10};
  if (first == 0xff) return {"multicast", 8};
  return {};
}

// No text: it is an address like any other.
Special SpecialOf(const SocketAddress& address, std::span<const SocketAddress> own) {
  const bool ipv4 = address.family() == AF_INET;
  if (address.IsLoopback()) return {"this node's own (loopback)", ipv4 ? 8 : 128};
  const auto is_own = [&](const SocketAddress& one) {
    const SocketAddress plain = one.Unmapped();
    return plain.ip_bytes() == address.ip_bytes();
  };
  if (std::ranges::any_of(own, is_own)) return {"this node's own", ipv4 ? 32 : 128};
  return ipv4 ? SpecialIpv4(address) : SpecialIpv6(address);
}

}  // namespace

SocketAddress UnfoldedAddress(const SocketAddress& address) {
  const SocketAddress plain = address.Unmapped();
  const std::string_view bytes = plain.ip_bytes();
  if (plain.family() != AF_INET6 || !bytes.starts_with(kNat64Prefix)) return plain;

  sockaddr_in inside{};
  inside.sin_family = AF_INET;
  inside.sin_port = htons(plain.port());
  std::memcpy(&inside.sin_addr, bytes.data() + kNat64Prefix.size(), sizeof inside.sin_addr);
  return SocketAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&inside), sizeof inside)
      .value_or(plain);
}

std::unexpected<Error> TargetRules::Refuse(std::string_view key, const std::string& text) const {
  const config::Origin at = config::FindOrigin(service_.origins, "connect", key);
  return Fail(config::Mistake{at.file, at.line, std::string(key) + ": " + text}.Print(), EACCES);
}

Result<> TargetRules::JudgePort(std::uint16_t port) const {
  const auto has = [port](const config::PortRange& range) { return range.Contains(port); };
  if (std::ranges::any_of(service_.connect_ports, has)) return {};
  return Refuse("ports", std::to_string(port) + " is not among them");
}

Result<> TargetRules::JudgeAddress(const SocketAddress& address,
                                   std::span<const SocketAddress> own) const {
  const SocketAddress judged = UnfoldedAddress(address);
  if (judged.family() == AF_UNSPEC) return Refuse("networks", "it is no address");
  const Special special = SpecialOf(judged, own);
  const auto allows = [&](const config::Network& network) {
    return network.prefix_bits >= special.prefix_bits && network.Contains(judged);
  };
  if (std::ranges::any_of(service_.connect_networks, allows)) return {};

  const std::string text = judged.ip_text();
  if (special.text.empty()) return Refuse("networks", text + " is in none of them");
  return Refuse("networks", text + " is " + std::string(special.text) +
                                ", and no network stands for that alone");
}

}  // namespace funnel::tcpd
