#include "funnel-tcpd/proxy_header.h"

#include <arpa/inet.h>

#include <string>

#include "funnel-tcpd/proxy_format.h"

namespace funnel::tcpd {
namespace {

constexpr std::uint8_t kVersionAndCommand = 0x21;
constexpr std::uint8_t kVersionAndLocal = 0x20;
constexpr std::uint8_t kUnspecified = 0;
constexpr std::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);  // RFC 4291 2.5.5.2

enum OriginType : std::uint8_t { kPrincipal = 0xE0, kNode = 0xE1, kService = 0xE2 };

void AppendIpv6(ByteWriter& out, const SocketAddress& address) {
  if (address.family() == AF_INET) out.Append(kMappedPrefix);
  out.Append(address.ip_bytes());
}

// Without a zone, which readers do not know.
std::string Ipv6Text(const SocketAddress& address) {
  ByteWriter bytes;
  AppendIpv6(bytes, address);
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, bytes.bytes().data(), text, sizeof text);
  return text;
}

void AppendTlv(ByteWriter& out, OriginType type, std::string_view value) {
  // As long as any name that a ticket or a configuration has.
  constexpr std::size_t kMostOfValue = 4096;
  out.U8(type).Block16(AsBytes(value.substr(0, kMostOfValue)));
}

}  // namespace

Bytes ProxyHeaderV1(const SocketAddress& client, const SocketAddress& local) {
  const SocketAddress from = client.Unmapped(), to = local.Unmapped();
  const bool ipv4 = from.family() == AF_INET && to.family() == AF_INET;
  const auto text = [&](const SocketAddress& one) { return ipv4 ? one.ip_text() : Ipv6Text(one); };
  const std::string line = (ipv4 ? "PROXY TCP4 " : "PROXY TCP6 ") + text(from) + ' ' + text(to) +
                           ' ' + std::to_string(from.port()) + ' ' + std::to_string(to.port()) +
                           "\r\n";
  return {line.begin(), line.end()};
}

Bytes ProxyHeaderV2(const SocketAddress& client, const SocketAddress& local,
                    const ProxyOrigin* origin) {
  const SocketAddress from = client.Unmapped(), to = local.Unmapped();
  const bool ipv4 = from.family() == AF_INET && to.family() == AF_INET;
  ByteWriter body;
  if (ipv4) {
    body.Append(from.ip_bytes()).Append(to.ip_bytes());
  } else {
    AppendIpv6(body, from);
    AppendIpv6(body, to);
  }
  body.U16(from.port()).U16(to.port());

  if (origin != nullptr) {
    AppendTlv(body, kPrincipal, origin->principal);
    AppendTlv(body, kNode, origin->node);
    AppendTlv(body, kService, origin->service);
  }

  ByteWriter out;
  out.Append(kProxySignature)
      .U8(kVersionAndCommand)
      .U8(ipv4 ? kProxyTcpOverIpv4 : kProxyTcpOverIpv6);
  return out.Block16(body.bytes()).Release();
}

Bytes ProxyHeaderOfOwn(config::ProxyProtocol form) {
  ByteWriter out;
  switch (form) {
    case config::ProxyProtocol::kNone:
      break;
    case config::ProxyProtocol::kV1:
      out.Append(std::string_view("PROXY UNKNOWN\r\n"));
      break;
    case config::ProxyProtocol::kV2:
    case config::ProxyProtocol::kV2Tlv:
      out.Append(kProxySignature).U8(kVersionAndLocal).U8(kUnspecified).Block16({});
      break;
  }
  return out.Release();
}

}  // namespace funnel::tcpd
