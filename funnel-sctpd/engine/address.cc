#include "funnel-sctpd/engine/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <charconv>
#include <cstring>

namespace funnel::sctp {
namespace {

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

std::optional<TransportAddress> TransportAddress::FromSockaddr(const sockaddr* address,
                                                               socklen_t length) {
  TransportAddress out;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    out.port_ = ntohs(v4.sin_port);
    std::memcpy(out.ip_.data(), &v4.sin_addr, 4);
    return out;
  }

  if (address->sa_family != AF_INET6 || length < sizeof(sockaddr_in6)) return std::nullopt;
  sockaddr_in6 v6;
  std::memcpy(&v6, address, sizeof v6);
  out.port_ = ntohs(v6.sin6_port);

  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    std::memcpy(out.ip_.data(), v6.sin6_addr.s6_addr + 12, 4);
    return out;
  }

  out.ipv6_ = true;
  out.scope_ = v6.sin6_scope_id;
  std::memcpy(out.ip_.data(), &v6.sin6_addr, 16);
  return out;
}

std::optional<TransportAddress> TransportAddress::Parse(std::string_view text,
                                                        std::uint16_t default_port) {
  std::string host(text);
  std::uint16_t port = default_port;
  std::string_view port_text;

  if (text.starts_with('[')) {
    std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    port_text = text.substr(close + 1);
    if (!port_text.empty() && port_text.front() != ':') return std::nullopt;
    if (!port_text.empty() && port_text.size() == 1) return std::nullopt;
    if (!port_text.empty()) port_text.remove_prefix(1);
  } else if (std::size_t colon = text.find(':');
             colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port_text = text.substr(colon + 1);
    if (port_text.empty()) return std::nullopt;
  }

  if (!port_text.empty()) {
    auto given = ParsePort(port_text);
    if (!given) return std::nullopt;
    port = *given;
  }

  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1)
    return FromSockaddr(reinterpret_cast<sockaddr*>(&v4), sizeof v4);

  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (std::size_t percent = host.find('%'); percent != std::string::npos) {
    v6.sin6_scope_id = if_nametoindex(host.c_str() + percent + 1);
    if (v6.sin6_scope_id == 0) return std::nullopt;
    host.resize(percent);
  }
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  return FromSockaddr(reinterpret_cast<sockaddr*>(&v6), sizeof v6);
}

socklen_t TransportAddress::ToSockaddr(sockaddr_storage& out, bool map_ipv4) const {
  std::memset(&out, 0, sizeof out);
  if (!ipv6_ && !map_ipv4) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port_);
    std::memcpy(&v4.sin_addr, ip_.data(), 4);
    return sizeof v4;
  }

  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port_);
  v6.sin6_scope_id = scope_;
  if (ipv6_) {
    std::memcpy(&v6.sin6_addr, ip_.data(), 16);
  } else {
    v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(v6.sin6_addr.s6_addr + 12, ip_.data(), 4);
  }
  return sizeof v6;
}

std::string TransportAddress::text() const {
  char host[INET6_ADDRSTRLEN] = "?";
  inet_ntop(ipv6_ ? AF_INET6 : AF_INET, ip_.data(), host, sizeof host);
  std::string out = ipv6_ ? "[" + std::string(host) : host;
  if (ipv6_ && scope_ != 0) out += "%" + std::to_string(scope_);
  if (ipv6_) out += "]";
  return out + ":" + std::to_string(port_);
}

}  // namespace funnel::sctp
