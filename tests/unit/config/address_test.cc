#include "common/config/address.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

SocketAddress Literal(std::string_view host, std::uint16_t port = 0) {
  return SocketAddress::FromLiteral(host, port).value();
}

TEST(Endpoint, ReadsHostsWithPort) {
  auto name = Endpoint::ParseHost("ns.hoster.net:53", Endpoint::Port::kRequired);
  ASSERT_TRUE(name);
  EXPECT_EQ(name->host, "ns.hoster.net");
  EXPECT_EQ(name->port, 53);
  EXPECT_FALSE(name->literal());
  auto v4 = Endpoint::ParseHost("127.0.0.1:53", Endpoint::Port::kRequired);
  ASSERT_TRUE(v4 && v4->literal());
  EXPECT_EQ(v4->literal()->text(), "127.0.0.1:53");
  auto v6 = Endpoint::ParseHost("[2001:db8::1]:65535", Endpoint::Port::kRequired);
  ASSERT_TRUE(v6 && v6->literal());
  EXPECT_EQ(v6->literal()->text(), "[2001:db8::1]:65535");
  EXPECT_EQ(v6->text(), "[2001:db8::1]:65535");
}

TEST(Endpoint, PortIsOptionalWhereSaid) {
  for (const char* text : {"hoster.net", "192.0.2.1", "[::1]", "::1", "fe80::1:2"}) {
    auto endpoint = Endpoint::ParseHost(text, Endpoint::Port::kOptional);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->port, 0) << text;
    EXPECT_FALSE(Endpoint::ParseHost(text, Endpoint::Port::kRequired)) << text;
  }
}

TEST(Endpoint, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"",          ":53",          "host:",    "host:0",  "host:65536", "host:+5",
        "host:5 ",   "host:53:54",   "[::1:53",  "[::1]53", "[]:53",      "[127.0.0.1]:53",
        "[host]:53", "256.1.1.1:53", "1.2.3:53", "a b:53",  "-x:53",      "a..b:53",
        ".a:53",     "unix:/x",      "unix:x:1"}) {
    EXPECT_FALSE(Endpoint::ParseHost(text, Endpoint::Port::kRequired)) << text;
  }
}

TEST(Endpoint, ReadsUnixPaths) {
  auto backend = Endpoint::ParseBackend("unix:/run/php/fpm.sock");
  ASSERT_TRUE(backend);
  EXPECT_TRUE(backend->is_unix());
  EXPECT_EQ(backend->unix_path, "/run/php/fpm.sock");
  EXPECT_EQ(backend->text(), "unix:/run/php/fpm.sock");
  EXPECT_FALSE(Endpoint::ParseBackend("unix:relative"));
  EXPECT_FALSE(Endpoint::ParseBackend("unix:"));
  EXPECT_TRUE(Endpoint::ParseBackend("unix:/" + std::string(106, 'x')));
  EXPECT_FALSE(Endpoint::ParseBackend("unix:/" + std::string(107, 'x')));
  EXPECT_TRUE(Endpoint::ParseBackend("localhost:389"));
}

TEST(Network, ContainsItsAddresses) {
  auto network = Network::Parse("192.0.2.128/25");
  ASSERT_TRUE(network);
  EXPECT_TRUE(network->Contains(Literal("192.0.2.128", 1234)));
  EXPECT_TRUE(network->Contains(Literal("192.0.2.255")));
  EXPECT_FALSE(network->Contains(Literal("192.0.2.127")));
  EXPECT_FALSE(network->Contains(Literal("::1")));
  EXPECT_TRUE(network->Contains(Literal("::ffff:192.0.2.129")))
      << "as a dual-stack socket shows it";
  EXPECT_TRUE(Network::Parse("0.0.0.0/0")->Contains(Literal("203.0.113.9")));
  EXPECT_TRUE(Network::Parse("2001:db8::/32")->Contains(Literal("2001:db8:1::1")));
  EXPECT_FALSE(Network::Parse("2001:db8::/32")->Contains(Literal("2001:db9::1")));
  EXPECT_TRUE(Network::Parse("::1")->Contains(Literal("::1")));
  EXPECT_EQ(Network::Parse("10.0.0.0/8")->text(), "10.0.0.0/8");
}

TEST(Network, RefusesWhatIsNoNetwork) {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "host/8", "::/129", "10.0.0.0/-1"}) {
    EXPECT_FALSE(Network::Parse(text)) << text;
  }
}

TEST(Network, HasNoZone) {
  EXPECT_FALSE(Network::Parse("fe80::1%lo"));
  EXPECT_FALSE(Network::Parse("fe80::%lo/64"));
}

TEST(Endpoint, AZoneIsJudgedByWhoeverUsesIt) {
  auto here = Endpoint::ParseHost("[fe80::1%lo]:53", Endpoint::Port::kRequired);
  ASSERT_TRUE(here);
  EXPECT_TRUE(here->is_literal());
  EXPECT_EQ(here->literal()->text(), "[fe80::1%lo]:53");
  // As in a network namespace without that interface.
  auto elsewhere = Endpoint::ParseHost("[fe80::1%no-such-one]:53", Endpoint::Port::kRequired);
  ASSERT_TRUE(elsewhere);
  EXPECT_TRUE(elsewhere->is_literal());
  EXPECT_FALSE(elsewhere->literal());
  EXPECT_EQ(elsewhere->text(), "[fe80::1%no-such-one]:53");
  EXPECT_FALSE(Endpoint::ParseHost("host:53", Endpoint::Port::kRequired)->is_literal());
}

TEST(Endpoint, RefusesWhatIsNoZone) {
  for (const char* text :
       {"[fe80::1%]:53", "[fe80::1%a/b]:53", "[fe80::1%a b]:53", "[fe80::1%a%b]:53",
        "[fe80::1%sixteen-bytes-xx]:53", "127.0.0.1%lo:53", "host%lo:53"}) {
    EXPECT_FALSE(Endpoint::ParseHost(text, Endpoint::Port::kRequired)) << text;
  }
}

TEST(Endpoint, ZonesAreTakenOff) {
  EXPECT_EQ(WithoutZone("fe80::1%eth0"), "fe80::1");
  EXPECT_EQ(WithoutZone("192.0.2.1"), "192.0.2.1");
}

TEST(HostName, IsOfLegalCharacters) {
  EXPECT_TRUE(IsHostName("ns1.hoster-x.net"));
  EXPECT_TRUE(IsHostName("_srv.a"));
  EXPECT_FALSE(IsHostName("a/b"));
  EXPECT_FALSE(IsHostName(std::string(254, 'a')));
}

}  // namespace
}  // namespace funnel::config
