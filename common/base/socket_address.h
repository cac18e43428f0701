// An IPv4 or IPv6 socket address of small fixed size: a key for flow tables, and what
// bind, connect and sendto take. Reads and prints literals only; it never asks a resolver.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace funnel {

class SocketAddress {
 public:
  // The unspecified address of no family; family() is AF_UNSPEC.
  SocketAddress() = default;
  // HOST is a literal without brackets ("127.0.0.1", "::1", "fe80::1%eth0" with a known interface).
  [[nodiscard]] static std::optional<SocketAddress> FromLiteral(std::string_view host,
                                                                std::uint16_t port);
  // nullopt unless AF_INET or AF_INET6 of full length. An IPv4-mapped IPv6 address stays as it is.
  [[nodiscard]] static std::optional<SocketAddress> FromSockaddr(const sockaddr* address,
                                                                 socklen_t length);

  [[nodiscard]] int family() const { return any_.generic.sa_family; }
  [[nodiscard]] const sockaddr* data() const { return &any_.generic; }
  [[nodiscard]] socklen_t size() const;
  [[nodiscard]] std::uint16_t port() const;
  void set_port(std::uint16_t port);
  // 4 or 16 bytes, network order; empty for AF_UNSPEC. They are the address's own: a temporary has
  // none to give.
  [[nodiscard]] std::string_view ip_bytes() const&;
  [[nodiscard]] std::string_view ip_bytes() const&& = delete;
  [[nodiscard]] bool IsWildcard() const;
  [[nodiscard]] bool IsLoopback() const;
  // ::ffff:1.2.3.4 as 1.2.3.4; anything else unchanged.
  [[nodiscard]] SocketAddress Unmapped() const;
  // "127.0.0.1:53", "[::1]:53"; "-" for AF_UNSPEC.
  [[nodiscard]] std::string text() const;
  // The address alone: "127.0.0.1", "::1".
  [[nodiscard]] std::string ip_text() const;

  // Family, address, port and (IPv6) scope; the flow label does not count.
  bool operator==(const SocketAddress& other) const;
  [[nodiscard]] std::size_t Hash() const;

 private:
  union Any {
    sockaddr generic;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  Any any_{.v6 = {}};
};

}  // namespace funnel

template <>
struct std::hash<funnel::SocketAddress> {
  std::size_t operator()(const funnel::SocketAddress& address) const noexcept {
    return address.Hash();
  }
};
