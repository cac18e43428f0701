#include "funnel-tcpd/proxy_header.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace funnel::tcpd {
namespace {

SocketAddress At(std::string_view host, std::uint16_t port) {
  return *SocketAddress::FromLiteral(host, port);
}

constexpr std::string_view kSignatureHex = "0d0a0d0a000d0a515549540a";

TEST(ProxyHeaderTest, WritesIpv4) {
  EXPECT_EQ(HexEncode(ProxyHeader(At("192.0.2.1", 4660), At("198.51.100.7", 389))),
            std::string(kSignatureHex) + "2111000c" + "c0000201" + "c6336407" + "1234" + "0185");
}

TEST(ProxyHeaderTest, WritesIpv6) {
  EXPECT_EQ(HexEncode(ProxyHeader(At("2001:db8::1", 1), At("2001:db8::2", 2))),
            std::string(kSignatureHex) + "21210024" + "20010db8000000000000000000000001" +
                "20010db8000000000000000000000002" + "0001" + "0002");
}

TEST(ProxyHeaderTest, WritesMappedIpv4AsIpv4) {
  EXPECT_EQ(ProxyHeader(At("::ffff:192.0.2.1", 7), At("::ffff:192.0.2.2", 8)),
            ProxyHeader(At("192.0.2.1", 7), At("192.0.2.2", 8)));
}

TEST(ProxyHeaderTest, WritesMixedFamiliesAsIpv6) {
  EXPECT_EQ(HexEncode(ProxyHeader(At("192.0.2.1", 1), At("2001:db8::2", 2))),
            std::string(kSignatureHex) + "21210024" + "00000000000000000000ffffc0000201" +
                "20010db8000000000000000000000002" + "0001" + "0002");
}

}  // namespace
}  // namespace funnel::tcpd
