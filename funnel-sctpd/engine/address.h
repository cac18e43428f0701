// Where a peer's packets come from and go to: an IP address and, over UDP, a port.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace funnel::sctp {

// A value: comparable, hashable, small. IPv4-mapped IPv6 addresses (RFC 4291 section 2.5.5.2)
// become plain IPv4, so that one peer has one spelling whichever socket its packets came by.
class TransportAddress {
 public:
  TransportAddress() = default;
  // nullopt for anything but AF_INET and AF_INET6.
  [[nodiscard]] static std::optional<TransportAddress> FromSockaddr(const sockaddr* address,
                                                                    socklen_t length);
  // "192.0.2.1", "192.0.2.1:9899", "2001:db8::1", "[2001:db8::1]:9899", "[fe80::1%eth0]:9899";
  // never asks DNS.
  [[nodiscard]] static std::optional<TransportAddress> Parse(std::string_view text,
                                                             std::uint16_t default_port);

  [[nodiscard]] bool is_ipv6() const { return ipv6_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // 4 or 16 bytes.
  [[nodiscard]] const std::array<std::uint8_t, 16>& ip() const { return ip_; }
  [[nodiscard]] std::uint32_t scope() const { return scope_; }
  [[nodiscard]] TransportAddress WithPort(std::uint16_t port) const {
    TransportAddress out = *this;
    out.port_ = port;
    return out;
  }
  // Fills OUT and returns its length. MAP_IPV4: write IPv4 as mapped IPv6, for an AF_INET6 socket.
  socklen_t ToSockaddr(sockaddr_storage& out, bool map_ipv4 = false) const;
  // "192.0.2.1:9899", "[2001:db8::1]:9899".
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool SameHost(const TransportAddress& other) const {
    return ipv6_ == other.ipv6_ && ip_ == other.ip_ && scope_ == other.scope_;
  }

  auto operator<=>(const TransportAddress&) const = default;

 private:
  bool ipv6_ = false;
  std::uint16_t port_ = 0;
  std::uint32_t scope_ = 0;
  std::array<std::uint8_t, 16> ip_{};  // IPv4 in the first four
};

}  // namespace funnel::sctp

template <>
struct std::hash<funnel::sctp::TransportAddress> {
  std::size_t operator()(const funnel::sctp::TransportAddress& a) const noexcept {
    std::string_view raw(reinterpret_cast<const char*>(a.ip().data()), a.ip().size());
    return std::hash<std::string_view>{}(raw) ^
           (std::size_t{a.port()} << 16 | a.scope()) * 0x9e3779b97f4a7c15u;
  }
};
