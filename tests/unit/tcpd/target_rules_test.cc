#include "funnel-tcpd/socks/target_rules.h"

#include <gtest/gtest.h>

namespace funnel::tcpd {
namespace {

SocketAddress Address(std::string_view host) { return *SocketAddress::FromLiteral(host, 443); }

class TargetRulesTest : public ::testing::Test {
 protected:
  void Allow(std::initializer_list<const char*> networks) {
    service_.connect_networks.clear();
    for (const char* network : networks)
      service_.connect_networks.push_back(*config::Network::Parse(network));
  }
  // "allowed", or why not.
  std::string Judged(std::string_view host) const {
    const std::vector<SocketAddress> own{Address("127.0.0.1"), Address("192.0.2.50"),
                                         Address("2001:db8::50"), Address("fe80::50"),
                                         Address("::ffff:198.51.100.50")};
    const auto judged = TargetRules(service_).JudgeAddress(Address(host), own);
    if (judged) return "allowed";
    EXPECT_EQ(judged.error().code, EACCES);
    return judged.error().message;
  }
  bool Allows(std::string_view host) const { return Judged(host) == "allowed"; }

  config::ServiceConfig service_;
};

TEST_F(TargetRulesTest, NothingIsAllowedByDefault) {
  for (const char* host : {"10.0.0.1", "2001:db8::1", "127.0.0.1", "::1", "0.0.0.0"})
    EXPECT_FALSE(Allows(host)) << host;
  EXPECT_FALSE(TargetRules(service_).JudgePort(443));
}

TEST_F(TargetRulesTest, NetworksAreThoseThatAreListed) {
  Allow({"10.0.0.0/8", "2001:db8:1::/48", "203.0.113.7"});
  for (const char* host : {"10.0.0.1", "10.255.255.255", "2001:db8:1::1", "203.0.113.7"})
    EXPECT_TRUE(Allows(host)) << host;
  for (const char* host : {"11.0.0.1", "9.255.255.255", "2001:db8:2::1", "203.0.113.8"})
    EXPECT_FALSE(Allows(host)) << host;
}

TEST_F(TargetRulesTest, APortIsOneOfThoseListed) {
  service_.connect_ports = {{22, 22}, {8000, 8999}};
  const TargetRules rules(service_);
  for (const std::uint16_t port : {22, 8000, 8500, 8999})
    EXPECT_TRUE(rules.JudgePort(port)) << port;
  for (const std::uint16_t port : {0, 21, 23, 7999, 9000, 65535})
    EXPECT_FALSE(rules.JudgePort(port)) << port;
}

TEST_F(TargetRulesTest, IPv4InsideOfIPv6IsIPv4) {
  Allow({"10.0.0.0/8"});
  EXPECT_TRUE(Allows("::ffff:10.1.2.3"));
  EXPECT_TRUE(Allows("64:ff9b::10.1.2.3"));
  EXPECT_FALSE(Allows("::ffff:11.1.2.3"));
  EXPECT_FALSE(Allows("64:ff9b::11.1.2.3"));
  // These are none: another prefix, bits between, the deprecated form.
  EXPECT_FALSE(Allows("64:ff9b:1::10.1.2.3"));
  EXPECT_FALSE(Allows("64:ff9b::1:10.1.2.3"));
  EXPECT_FALSE(Allows("::10.1.2.3"));
}

TEST_F(TargetRulesTest, WhoAllowsAllOfIPv6DoesNotAllowIPv4InsideOfIt) {
  Allow({"::/0"});
  EXPECT_TRUE(Allows("2001:db8::1"));
  EXPECT_FALSE(Allows("::ffff:10.1.2.3"));
  EXPECT_FALSE(Allows("64:ff9b::10.1.2.3"));
  EXPECT_FALSE(Allows("64:ff9b::127.0.0.1"));
  Allow({"64:ff9b::/96", "::ffff:0:0/96"});
  EXPECT_FALSE(Allows("64:ff9b::10.1.2.3"));
  EXPECT_FALSE(Allows("::ffff:10.1.2.3"));
}

// Each of them is within what is allowed.
TEST_F(TargetRulesTest, WhatIsThisNodesOwnIsReachedByNoLargerNetwork) {
  Allow({"0.0.0.0/0", "::/0"});
  EXPECT_TRUE(Allows("192.0.2.51"));
  EXPECT_TRUE(Allows("2001:db8::51"));
  for (const char* host : {"127.0.0.1",
                           "127.255.0.1",
                           "::1",
                           "::ffff:127.0.0.1",
                           "64:ff9b::127.0.0.1",
                           "0.0.0.0",
                           "0.1.2.3",
                           "::",
                           "::ffff:0.0.0.0",
                           "64:ff9b::0.0.0.0",
                           "192.0.2.50",
                           "::ffff:192.0.2.50",
                           "64:ff9b::192.0.2.50",
                           "198.51.100.50",
                           "2001:db8::50",
                           "fe80::50",
                           "fe80::1",
                           "169.254.169.254",
                           "::ffff:169.254.169.254",
                           "64:ff9b::169.254.169.254",
                           "224.0.0.1",
                           "239.255.255.250",
                           "ff02::1",
                           "ff0e::1",
                           "255.255.255.255",
                           "febf::1"})
    EXPECT_FALSE(Allows(host)) << host;
}

TEST_F(TargetRulesTest, ItIsReachedByANetworkThatStandsForItAlone) {
  const std::pair<const char*, std::vector<const char*>> cases[] = {
      {"127.0.0.0/8", {"127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"}},
      {"127.0.0.1", {"127.0.0.1"}},
      {"::1", {"::1"}},
      {"192.0.2.50", {"192.0.2.50", "::ffff:192.0.2.50", "64:ff9b::192.0.2.50"}},
      {"2001:db8::50", {"2001:db8::50"}},
      {"fe80::50", {"fe80::50"}},
      {"169.254.0.0/16", {"169.254.169.254"}},
      {"fe80::/10", {"fe80::1", "febf::1"}},
      {"224.0.0.0/4", {"224.0.0.1", "239.255.255.250"}},
      {"ff00::/8", {"ff02::1"}},
      {"255.255.255.255", {"255.255.255.255"}},
      {"0.0.0.0/8", {"0.0.0.0", "0.1.2.3"}},
      {"::", {"::"}}};
  for (const auto& [network, hosts] : cases) {
    Allow({network});
    for (const char* host : hosts) EXPECT_TRUE(Allows(host)) << network << ' ' << host;
  }
}

TEST_F(TargetRulesTest, ANetworkOfOneKindDoesNotStandForAnother) {
  Allow({"126.0.0.0/7", "192.0.2.48/30", "169.0.0.0/8", "fe00::/9", "224.0.0.0/3", "::/127"});
  for (const char* host : {"127.0.0.1", "192.0.2.50", "169.254.1.1", "fe80::1", "224.0.0.1",
                           "::", "::1", "255.255.255.255"})
    EXPECT_FALSE(Allows(host)) << host;
  EXPECT_TRUE(Allows("126.0.0.1"));
  EXPECT_TRUE(Allows("192.0.2.51"));
  // This node's own address on a link is its own, and not just any of the link.
  Allow({"fe80::/10", "127.0.0.0/8"});
  EXPECT_FALSE(Allows("fe80::50"));
  EXPECT_FALSE(Allows("192.0.2.50"));
}

TEST_F(TargetRulesTest, ARefusalSaysWhichLineRefused) {
  Allow({"0.0.0.0/0"});
  service_.origins["connect"] = {{"/etc/funnel/services.d/web.ini", 3}};
  EXPECT_EQ(TargetRules(service_).JudgePort(22).error().message,
            "/etc/funnel/services.d/web.ini:3: ports: 22 is not among them");
  service_.origins["connect.networks"] = {{"/etc/funnel/services.d/web.ini", 4}};
  service_.origins["connect.ports"] = {{"/etc/funnel/services.d/web.ini", 5}};
  EXPECT_EQ(TargetRules(service_).JudgePort(22).error().message,
            "/etc/funnel/services.d/web.ini:5: ports: 22 is not among them");
  EXPECT_EQ(Judged("2001:db8::1"),
            "/etc/funnel/services.d/web.ini:4: networks: 2001:db8::1 is in none of them");
  EXPECT_EQ(Judged("64:ff9b::127.0.0.1"),
            "/etc/funnel/services.d/web.ini:4: networks: 127.0.0.1 is this node's own (loopback), "
            "and no network stands for that alone");
  EXPECT_EQ(Judged("169.254.169.254"),
            "/etc/funnel/services.d/web.ini:4: networks: 169.254.169.254 is link-local, and no "
            "network stands for that alone");
}

TEST_F(TargetRulesTest, NoAddressIsNotAllowed) {
  Allow({"0.0.0.0/0", "::/0"});
  EXPECT_FALSE(TargetRules(service_).JudgeAddress(SocketAddress(), {}));
}

TEST(UnfoldedAddressTest, KeepsThePort) {
  EXPECT_EQ(UnfoldedAddress(Address("64:ff9b::192.0.2.1")).text(), "192.0.2.1:443");
  EXPECT_EQ(UnfoldedAddress(Address("::ffff:192.0.2.1")).text(), "192.0.2.1:443");
  EXPECT_EQ(UnfoldedAddress(Address("2001:db8::1")).text(), "[2001:db8::1]:443");
}

}  // namespace
}  // namespace funnel::tcpd
