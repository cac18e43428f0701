#include "funnel-tcpd/socks/socks_message.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>

#include "common/config/address.h"

namespace funnel::tcpd {
namespace {

constexpr std::uint8_t kSocksVersion = 5;
constexpr std::uint8_t kNoAuthentication = 0;
constexpr std::uint8_t kNoMethod = 0xff;
constexpr std::uint8_t kConnectCommand = 1;
constexpr std::uint8_t kIpv4Type = 1, kNameType = 3, kIpv6Type = 4;
constexpr std::size_t kIpv4Size = 4, kIpv6Size = 16, kPortSize = 2;
constexpr std::size_t kAddressAt = 4;  // of a request: behind version, command, reserved and type

Result<> RequireVersion(ByteView bytes) {
  if (bytes.empty() || bytes[0] == kSocksVersion) return {};
  if (bytes[0] == 4) return Fail("it is of version 4 of SOCKS, not 5");
  return Fail("it is not SOCKS");
}

std::string LiteralOf(ByteView ip) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const auto text = [&](auto& address, auto& ip_field) {
    std::memcpy(&ip_field, ip.data(), sizeof ip_field);
    const auto* raw = reinterpret_cast<const sockaddr*>(&address);
    return SocketAddress::FromSockaddr(raw, sizeof address).value_or(SocketAddress()).ip_text();
  };

  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  return ip.size() == kIpv4Size ? text(v4, v4.sin_addr) : text(v6, v6.sin6_addr);
}

// How long the address is, its own length included; 0: more of it is needed to know that.
std::size_t AddressSize(std::uint8_t type, ByteView address) {
  if (type == kIpv4Type) return kIpv4Size;
  if (type == kIpv6Type) return kIpv6Size;
  return address.empty() ? 0 : 1 + std::size_t{address[0]};
}

// A zone would name an interface of this node.
bool IsHost(const std::string& name) {
  return name.size() <= wire::kMaxTargetHost &&
         (config::IsHostName(name) || SocketAddress::FromLiteral(config::WithoutZone(name), 0)) &&
         !name.contains('%');
}

}  // namespace

Result<SocksGreeting> ReadSocksGreeting(ByteView bytes) {
  TRY(RequireVersion(bytes));
  if (bytes.size() < 2) return SocksGreeting{.more = 2 - bytes.size()};
  const std::size_t whole = 2 + std::size_t{bytes[1]};
  if (bytes.size() < whole) return SocksGreeting{.more = whole - bytes.size()};
  const ByteView methods = bytes.subspan(2, whole - 2);
  return SocksGreeting{.fits = std::ranges::find(methods, kNoAuthentication) != methods.end()};
}

Bytes SocksMethod(const SocksGreeting& greeting) {
  return {kSocksVersion, greeting.fits ? kNoAuthentication : kNoMethod};
}

Result<SocksRequest> ReadSocksRequest(ByteView bytes) {
  TRY(RequireVersion(bytes));
  if (bytes.size() < kAddressAt) return SocksRequest{.more = kAddressAt - bytes.size()};
  const std::uint8_t type = bytes[3];
  if (type != kIpv4Type && type != kNameType && type != kIpv6Type)
    return SocksRequest{.reply = SocksReply::kBadAddressType};

  const ByteView rest = bytes.subspan(kAddressAt);
  const std::size_t size = AddressSize(type, rest);
  if (size == 0) return SocksRequest{.more = 1};
  if (rest.size() < size + kPortSize) return SocksRequest{.more = size + kPortSize - rest.size()};
  if (bytes[1] != kConnectCommand) return SocksRequest{.reply = SocksReply::kBadCommand};

  SocksRequest request;
  request.target.port = static_cast<std::uint16_t>(LoadBigEndian<kPortSize>(&rest[size]));
  request.target.host = type == kNameType ? std::string(AsText(rest.subspan(1, size - 1)))
                                          : LiteralOf(rest.first(size));
  if (request.target.port == 0 || bytes[2] != 0) request.reply = SocksReply::kFailure;
  if (!IsHost(request.target.host)) request.reply = SocksReply::kHostUnreachable;
  return request;
}

Bytes SocksReplyMessage(SocksReply reply, const SocketAddress& bound) {
  const bool ipv6 = bound.family() == AF_INET6;
  Bytes out{kSocksVersion, static_cast<std::uint8_t>(reply), 0, ipv6 ? kIpv6Type : kIpv4Type};
  const std::string_view ip = bound.ip_bytes();
  std::ranges::copy(ip, std::back_inserter(out));
  if (ip.empty()) out.resize(out.size() + kIpv4Size);
  std::uint8_t port[kPortSize];
  StoreBigEndian<kPortSize>(port, bound.family() == AF_UNSPEC ? 0 : bound.port());
  std::ranges::copy(port, std::back_inserter(out));
  return out;
}

SocksReply SocksReplyFor(wire::EndCode code) {
  switch (code) {
    case wire::EndCode::kNotAllowed:
      return SocksReply::kNotAllowed;
    case wire::EndCode::kNetworkUnreachable:
      return SocksReply::kNetworkUnreachable;
    case wire::EndCode::kHostUnreachable:
      return SocksReply::kHostUnreachable;
    case wire::EndCode::kRefused:
      return SocksReply::kRefused;
    default:
      return SocksReply::kFailure;
  }
}

}  // namespace funnel::tcpd
