// What keys of protocol = socks, and what keys of other services, go together.
#include "common/config/check/warnings.h"
#include "tests/unit/config/check/mistakes.h"

namespace funnel::config {
namespace {

class SocksMistakesTest : public MistakesTest {
 protected:
  // The mistakes of a far end with these LINES in [connect], and MORE in [service].
  std::string Far(const std::string& lines, const std::string& more = "") {
    const std::string protocol = socks_ ? "socks\n" : "tcp\n";
    dir_.Write("services.d/ldap.ini", Replace(Replace(kConnectText, "tcp\n", protocol + more),
                                              "address = 127.0.0.1:389\n", lines));
    return dir_.Reported();
  }

  bool socks_ = true;
};

TEST_F(SocksMistakesTest, TheFarEndHasNetworksAndPorts) {
  EXPECT_EQ(Far("networks = 10.0.0.0/8\nports = 443\nports = 8000-8999\n"), "none");
  EXPECT_EQ(Far(""), "services.d/ldap.ini:3: section [connect] is empty");
  EXPECT_EQ(Far("networks = 10.0.0.1/8\n"),
            "services.d/ldap.ini:4: networks: bad network 10.0.0.1/8: the address has bits beyond "
            "its prefix");
  EXPECT_EQ(Far("ports = 90-80\n"),
            "services.d/ldap.ini:4: ports: bad ports 90-80: it ends before it begins");
}

TEST_F(SocksMistakesTest, ItHasNoBackends) {
  EXPECT_EQ(Far("address = 127.0.0.1:389\n"),
            "services.d/ldap.ini:4: address is not for protocol = socks");
  EXPECT_EQ(Far("balance = client\n"),
            "services.d/ldap.ini:4: balance is not for protocol = socks");
  EXPECT_EQ(Far("check-every = 1s\n"),
            "services.d/ldap.ini:4: check-every is not for protocol = socks");
  EXPECT_EQ(Far("proxy-protocol = v2\n"),
            "services.d/ldap.ini:4: proxy-protocol is not for protocol = socks");
  EXPECT_EQ(Far("ports = 1\n", "module = http2\n"),
            "services.d/ldap.ini:3: module is not for protocol = socks");
}

TEST_F(SocksMistakesTest, OthersHaveNoTargets) {
  socks_ = false;
  EXPECT_EQ(Far("address = 127.0.0.1:389\nnetworks = 10.0.0.0/8\n"),
            "services.d/ldap.ini:5: networks is only for protocol = socks");
  EXPECT_EQ(Far("address = 127.0.0.1:389\nports = 443\n"),
            "services.d/ldap.ini:5: ports is only for protocol = socks");
}

TEST_F(SocksMistakesTest, WhatConnectionsHaveItHasToo) {
  EXPECT_EQ(Far("ports = 1\n", "max-sessions = 10\nidle-timeout = 0s\n"), "none");
  EXPECT_EQ(Far("ports = 1\n", "dscp = copy\n"),
            "services.d/ldap.ini:3: dscp is only for protocol = udp");
}

TEST_F(SocksMistakesTest, AFarEndThatAllowsNothingIsReported) {
  const auto doubts = [&] {
    std::string out;
    for (const Mistake& doubt : FindDoubts(*dir_.Load(), [](std::uint16_t) { return true; }))
      out += std::to_string(doubt.line) + ": " + doubt.text + '\n';
    return out;
  };
  EXPECT_EQ(Far("networks = 10.0.0.0/8\nports = 443\n"), "none");
  EXPECT_EQ(doubts(), "");
  EXPECT_EQ(Far("ports = 443\n"), "none");
  EXPECT_EQ(doubts(), "3: networks: there are none, and so clients are connected to nothing\n");
}

}  // namespace
}  // namespace funnel::config
