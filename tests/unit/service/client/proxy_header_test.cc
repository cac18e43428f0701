#include "common/service/client/proxy_header.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace funnel::service {
namespace {

SocketAddress At(std::string_view host, std::uint16_t port) {
  return *SocketAddress::FromLiteral(host, port);
}

Bytes Version2(const SocketAddress& client, const SocketAddress& local) {
  return ProxyHeaderV2(client, local, nullptr);
}
std::string Version1(const SocketAddress& client, const SocketAddress& local) {
  return std::string(AsText(ProxyHeaderV1(client, local)));
}

constexpr std::string_view kSignatureHex = "0d0a0d0a000d0a515549540a";

TEST(ProxyHeaderTest, WritesIpv4) {
  EXPECT_EQ(HexEncode(Version2(At("192.0.2.1", 4660), At("198.51.100.7", 389))),
            std::string(kSignatureHex) + "2111000c" + "c0000201" + "c6336407" + "1234" + "0185");
}

TEST(ProxyHeaderTest, WritesIpv6) {
  EXPECT_EQ(HexEncode(Version2(At("2001:db8::1", 1), At("2001:db8::2", 2))),
            std::string(kSignatureHex) + "21210024" + "20010db8000000000000000000000001" +
                "20010db8000000000000000000000002" + "0001" + "0002");
}

TEST(ProxyHeaderTest, WritesMappedIpv4AsIpv4) {
  EXPECT_EQ(Version2(At("::ffff:192.0.2.1", 7), At("::ffff:192.0.2.2", 8)),
            Version2(At("192.0.2.1", 7), At("192.0.2.2", 8)));
}

TEST(ProxyHeaderTest, WritesMixedFamiliesAsIpv6) {
  EXPECT_EQ(HexEncode(Version2(At("192.0.2.1", 1), At("2001:db8::2", 2))),
            std::string(kSignatureHex) + "21210024" + "00000000000000000000ffffc0000201" +
                "20010db8000000000000000000000002" + "0001" + "0002");
}

TEST(ProxyHeaderTest, WritesWhoOpenedTheChannel) {
  const ProxyOrigin origin{.principal = "a/b@C", .node = "b", .service = "ldap"};
  EXPECT_EQ(HexEncode(ProxyHeaderV2(At("192.0.2.1", 4660), At("198.51.100.7", 389), &origin)),
            std::string(kSignatureHex) + "2111" + "001f" + "c0000201" + "c6336407" + "1234" +
                "0185" + "e00005612f624043" + "e1000162" + "e200046c646170");
}

TEST(ProxyHeaderTest, WritesThatItIsADatagrams) {
  EXPECT_EQ(HexEncode(ProxyHeaderV2(At("192.0.2.1", 4660), At("198.51.100.7", 53), nullptr,
                                    ProxyTransport::kUdp)),
            std::string(kSignatureHex) + "2112000c" + "c0000201" + "c6336407" + "1234" + "0035");
  EXPECT_EQ(HexEncode(ProxyHeaderV2(At("2001:db8::1", 1), At("2001:db8::2", 2), nullptr,
                                    ProxyTransport::kUdp))
                .substr(kSignatureHex.size(), 8),
            "21220024");
}

TEST(ProxyHeaderTest, HasWhatTheServiceSays) {
  config::ServiceConfig service;
  service.name = *ServiceName::Parse("dns");
  service.protocol = config::Protocol::kUdp;
  const ClientPolicy policy(service, nullptr, {});
  const wire::SessionInfo info{"192.0.2.1:4660", "198.51.100.7:53"};
  EXPECT_TRUE(ProxyHeaderFor(service, policy, info, "a/b@C")->empty());
  service.proxy_protocol = config::ProxyProtocol::kV2;
  const Bytes plain = *ProxyHeaderFor(service, policy, info, "a/b@C");
  EXPECT_EQ(plain, ProxyHeaderV2(At("192.0.2.1", 4660), At("198.51.100.7", 53), nullptr,
                                 ProxyTransport::kUdp));
  service.proxy_protocol = config::ProxyProtocol::kV2Tlv;
  const Bytes told = *ProxyHeaderFor(service, policy, info, "a/b@C");
  EXPECT_GT(told.size(), plain.size());
  EXPECT_NE(AsText(told).find("a/b@C"), std::string_view::npos);
  EXPECT_FALSE(ProxyHeaderFor(service, policy, {"127.0.0.1:1", "198.51.100.7:53"}, "a/b@C"));
  service.protocol = config::Protocol::kTcp;
  service.proxy_protocol = config::ProxyProtocol::kV1;
  EXPECT_TRUE(AsText(*ProxyHeaderFor(service, policy, info, "")).starts_with("PROXY TCP4 "));
}

TEST(ProxyHeaderTest, WhatComesFromTheClientsAddressIsJudgedTheSame) {
  config::ServiceConfig service;
  service.source = *config::Source::Parse("192.0.2.9");
  const ClientPolicy policy(service, nullptr, {});
  EXPECT_FALSE(StatesClients(service));
  EXPECT_TRUE(ProxyHeaderFor(service, policy, {"127.0.0.1:1", "198.51.100.7:53"}, "")->empty());
  service.source = *config::Source::Parse("transparent");
  EXPECT_TRUE(StatesClients(service));
  EXPECT_TRUE(ProxyHeaderFor(service, policy, {"192.0.2.1:1", "198.51.100.7:53"}, "")->empty());
  EXPECT_FALSE(ProxyHeaderFor(service, policy, {"127.0.0.1:1", "198.51.100.7:53"}, ""));
}

TEST(ProxyHeaderTest, WritesALineOfText) {
  EXPECT_EQ(Version1(At("192.0.2.1", 4660), At("::ffff:198.51.100.7", 389)),
            "PROXY TCP4 192.0.2.1 198.51.100.7 4660 389\r\n");
  EXPECT_EQ(Version1(At("2001:db8::1", 1), At("2001:db8::2", 65535)),
            "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n");
  EXPECT_EQ(Version1(At("192.0.2.1", 1), At("fe80::1%lo", 2)),
            "PROXY TCP6 ::ffff:192.0.2.1 fe80::1 1 2\r\n");
}

TEST(ProxyHeaderTest, WritesThatAConnectionIsNoClients) {
  EXPECT_TRUE(ProxyHeaderOfOwn(config::ProxyProtocol::kNone).empty());
  EXPECT_EQ(AsText(ProxyHeaderOfOwn(config::ProxyProtocol::kV1)), "PROXY UNKNOWN\r\n");
  EXPECT_EQ(HexEncode(ProxyHeaderOfOwn(config::ProxyProtocol::kV2)),
            std::string(kSignatureHex) + "20000000");
}

}  // namespace
}  // namespace funnel::service
