#include "common/service/client/proxy_header.h"

#include <arpa/inet.h>

#include <string>

#include "common/service/client/proxy_format.h"

namespace funnel::service {
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
                    const ProxyOrigin* origin, ProxyTransport transport) {
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

  const bool tcp = transport == ProxyTransport::kTcp;
  ByteWriter out;
  out.Append(kProxySignature).U8(kVersionAndCommand);
  if (ipv4) {
    out.U8(tcp ? kProxyTcpOverIpv4 : kProxyUdpOverIpv4);
  } else {
    out.U8(tcp ? kProxyTcpOverIpv6 : kProxyUdpOverIpv6);
  }
  return out.Block16(body.bytes()).Release();
}

bool StatesClients(const config::ServiceConfig& service) {
  return service.proxy_protocol != config::ProxyProtocol::kNone || service.source.transparent;
}

Result<Bytes> ProxyHeaderFor(const config::ServiceConfig& service, const ClientPolicy& policy,
                             const wire::SessionInfo& info, std::string_view principal) {
  if (!StatesClients(service)) return Bytes();
  const ClientAddresses addresses = TRY(policy.Admit(info));
  if (service.proxy_protocol == config::ProxyProtocol::kNone) return Bytes();
  if (service.proxy_protocol == config::ProxyProtocol::kV1)
    return ProxyHeaderV1(addresses.client, addresses.local);

  const std::string name(service.name.text());
  const ProxyOrigin origin{.principal = principal, .node = policy.node(), .service = name};
  const bool has_origin = service.proxy_protocol == config::ProxyProtocol::kV2Tlv;
  return ProxyHeaderV2(
      addresses.client, addresses.local, has_origin ? &origin : nullptr,
      service.protocol == config::Protocol::kUdp ? ProxyTransport::kUdp : ProxyTransport::kTcp);
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

}  // namespace funnel::service
