#include "common/base/socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <cstdint>
#include <cstring>

namespace funnel {
namespace {

constexpr std::size_t kMaxLiteral = INET6_ADDRSTRLEN + 1 + IF_NAMESIZE;

// Splits "fe80::1%eth0". False when the zone names no interface.
bool TakeZone(std::string& host, std::uint32_t& scope) {
  std::size_t percent = host.find('%');
  if (percent == std::string::npos) return true;
  scope = if_nametoindex(host.c_str() + percent + 1);
  host.resize(percent);
  return scope != 0;
}

}  // namespace

std::optional<SocketAddress> SocketAddress::FromLiteral(std::string_view host, std::uint16_t port) {
  if (host.size() > kMaxLiteral || host.find('\0') != std::string_view::npos) return std::nullopt;
  std::string text(host);
  SocketAddress out;
  if (inet_pton(AF_INET, text.c_str(), &out.any_.v4.sin_addr) == 1) {
    out.any_.v4.sin_family = AF_INET;
  } else {
    out.any_.v6 = {};
    if (!TakeZone(text, out.any_.v6.sin6_scope_id)) return std::nullopt;
    if (inet_pton(AF_INET6, text.c_str(), &out.any_.v6.sin6_addr) != 1) return std::nullopt;
    out.any_.v6.sin6_family = AF_INET6;
  }

  out.set_port(port);
  return out;
}

std::optional<SocketAddress> SocketAddress::FromSockaddr(const sockaddr* address,
                                                         socklen_t length) {
  SocketAddress out;
  if (length >= sizeof(sockaddr_in) && address->sa_family == AF_INET) {
    std::memcpy(&out.any_.v4, address, sizeof(sockaddr_in));
    return out;
  }
  if (length >= sizeof(sockaddr_in6) && address->sa_family == AF_INET6) {
    std::memcpy(&out.any_.v6, address, sizeof(sockaddr_in6));
    return out;
  }
  return std::nullopt;
}

socklen_t SocketAddress::size() const {
  if (family() == AF_INET) return sizeof(sockaddr_in);
  return family() == AF_INET6 ? sizeof(sockaddr_in6) : 0;
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(any_.v4.sin_port);
  return family() == AF_INET6 ? ntohs(any_.v6.sin6_port) : std::uint16_t{0};
}

void SocketAddress::set_port(std::uint16_t port) {
  if (family() == AF_INET) any_.v4.sin_port = htons(port);
  if (family() == AF_INET6) any_.v6.sin6_port = htons(port);
}

std::string_view SocketAddress::ip_bytes() const& {
  if (family() == AF_INET)
    return {reinterpret_cast<const char*>(&any_.v4.sin_addr), sizeof(in_addr)};
  if (family() == AF_INET6)
    return {reinterpret_cast<const char*>(&any_.v6.sin6_addr), sizeof(in6_addr)};
  return {};
}

bool SocketAddress::IsWildcard() const {
  return family() != AF_UNSPEC && ip_bytes().find_first_not_of('\0') == std::string_view::npos;
}

bool SocketAddress::IsLoopback() const {
  if (family() == AF_INET) return ip_bytes().front() == 127;
  if (family() != AF_INET6) return false;
  return IN6_IS_ADDR_LOOPBACK(&any_.v6.sin6_addr) ||
         (IN6_IS_ADDR_V4MAPPED(&any_.v6.sin6_addr) && ip_bytes()[12] == 127);
}

SocketAddress SocketAddress::Unmapped() const {
  if (family() != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&any_.v6.sin6_addr)) return *this;
  SocketAddress out;
  out.any_.v4.sin_family = AF_INET;
  out.any_.v4.sin_port = any_.v6.sin6_port;
  std::memcpy(&out.any_.v4.sin_addr, ip_bytes().data() + 12, sizeof(in_addr));
  return out;
}

std::string SocketAddress::ip_text() const {
  if (family() == AF_UNSPEC) return "-";
  char buffer[INET6_ADDRSTRLEN] = "";
  inet_ntop(family(), ip_bytes().data(), buffer, sizeof buffer);
  std::string out = buffer;
  if (family() == AF_INET6 && any_.v6.sin6_scope_id != 0) {
    char name[IF_NAMESIZE];
    bool known = if_indextoname(any_.v6.sin6_scope_id, name) != nullptr;
    out += '%' + (known ? std::string(name) : std::to_string(any_.v6.sin6_scope_id));
  }
  return out;
}

std::string SocketAddress::text() const {
  if (family() == AF_UNSPEC) return "-";
  std::string ip = ip_text();
  if (family() == AF_INET6) ip = '[' + ip + ']';
  return ip + ':' + std::to_string(port());
}

bool SocketAddress::operator==(const SocketAddress& other) const {
  if (family() != other.family() || port() != other.port() || ip_bytes() != other.ip_bytes())
    return false;
  return family() != AF_INET6 || any_.v6.sin6_scope_id == other.any_.v6.sin6_scope_id;
}

std::size_t SocketAddress::Hash() const {
  std::size_t address = std::hash<std::string_view>{}(ip_bytes());
  return address * 31 + port();
}

}  // namespace funnel
