// What [connect] source says must suit the backends and the other keys.
#include "tests/unit/config/check/mistakes.h"

namespace funnel::config {
namespace {

class SourceMistakesTest : public MistakesTest {
 protected:
  // The mistakes of a far end with PROTOCOL whose [connect] is these LINES.
  std::string Far(const std::string& lines, const std::string& protocol = "tcp") {
    dir_.Write("services.d/ldap.ini", Replace(Replace(kConnectText, "tcp\n", protocol + '\n'),
                                              "address = 127.0.0.1:389\n", lines));
    return dir_.Reported();
  }
};

TEST_F(SourceMistakesTest, EachBackendIsReachedFromThere) {
  for (const char* source : {"any", "192.0.2.1", "127.0.0.5:20000-20009", "*:53", "transparent"})
    EXPECT_EQ(Far("address = 127.0.0.1:389\nsource = " + std::string(source) + '\n'), "none");
  EXPECT_EQ(Far("address = 192.0.2.7:389\naddress = [2001:db8::7]:389\nsource = 192.0.2.1\n"),
            "services.d/ldap.ini:6: source: [2001:db8::7]:389 is an IPv6 address, and this one of "
            "IPv4");
  EXPECT_EQ(Far("address = 192.0.2.7:389\nsource = 127.0.0.5\n"),
            "services.d/ldap.ini:5: source: 192.0.2.7:389 is not on this node, and nothing leaves "
            "it from a loopback address");
  EXPECT_EQ(Far("address = ldap.example.net:389\nsource = 2001:db8::1\n"), "none");
}

TEST_F(SourceMistakesTest, NothingHasAnAddressForAUnixSocket) {
  for (const char* source : {"192.0.2.1", "*:1-2", "transparent"})
    EXPECT_EQ(Far("address = unix:/run/x.sock\nsource = " + std::string(source) + '\n'),
              "services.d/ldap.ini:5: source: unix:/run/x.sock is a Unix socket, to which nothing "
              "has an address");
  EXPECT_EQ(Far("address = unix:/run/x.sock\nsource = any\n"), "none");
}

TEST_F(SourceMistakesTest, APortIsTheClientsOrOneOfTheRange) {
  const std::string same = "address = 127.0.0.1:389\nsource-port = same\nsource = ";
  EXPECT_EQ(Far(same + "127.0.0.5:1-2\n", "udp"),
            "services.d/ldap.ini:6: source: either it has ports, or source-port = same takes the "
            "client's");
  EXPECT_EQ(Far(same + "127.0.0.5\n", "udp"), "none");
  EXPECT_EQ(Far(same + "transparent\n", "udp"), "none");
}

TEST_F(SourceMistakesTest, WhatClientsNameIsNotReachedFromTheirAddress) {
  EXPECT_EQ(Far("ports = 443\nsource = transparent\n", "socks"),
            "services.d/ldap.ini:5: source: transparent is not for protocol = socks");
  EXPECT_EQ(Far("ports = 443\nsource = 192.0.2.1:20000-20009\n", "socks"), "none");
}

TEST_F(SourceMistakesTest, AProxyHeaderMaySayItToo) {
  EXPECT_EQ(Far("address = 127.0.0.1:389\nproxy-protocol = v2\nsource = transparent\n"), "none");
}

TEST_F(SourceMistakesTest, WordsThatAreNone) {
  EXPECT_EQ(Far("address = 127.0.0.1:389\nsource = 192.0.2.1:1-70000\n"),
            "services.d/ldap.ini:5: source: bad source 192.0.2.1:1-70000: a port from 1 to 65535 "
            "is expected, or two with - between them");
}

}  // namespace
}  // namespace funnel::config
