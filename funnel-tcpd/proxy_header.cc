#include "funnel-tcpd/proxy_header.h"

namespace funnel::tcpd {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::uint8_t kVersionAndCommand = 0x21;
constexpr std::uint8_t kTcpOverIpv4 = 0x11;
constexpr std::uint8_t kTcpOverIpv6 = 0x21;
constexpr std::uint16_t kLengthIpv4 = 2 * 4 + 2 * 2;
constexpr std::uint16_t kLengthIpv6 = 2 * 16 + 2 * 2;
constexpr std::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);  // RFC 4291 2.5.5.2

void AppendIpv6(ByteWriter& out, const SocketAddress& address) {
  if (address.family() == AF_INET) out.Append(kMappedPrefix);
  out.Append(address.ip_bytes());
}

}  // namespace

Bytes ProxyHeader(const SocketAddress& client, const SocketAddress& local) {
  const SocketAddress from = client.Unmapped(), to = local.Unmapped();
  ByteWriter out;
  out.Append(kSignature).U8(kVersionAndCommand);
  if (from.family() == AF_INET && to.family() == AF_INET) {
    out.U8(kTcpOverIpv4).U16(kLengthIpv4).Append(from.ip_bytes()).Append(to.ip_bytes());
  } else {
    out.U8(kTcpOverIpv6).U16(kLengthIpv6);
    AppendIpv6(out, from);
    AppendIpv6(out, to);
  }
  out.U16(from.port()).U16(to.port());
  return out.Release();
}

}  // namespace funnel::tcpd
