// What the keys about datagrams' addresses, ports and marks say must go together.
#include "tests/unit/config/check/mistakes.h"

namespace funnel::config {
namespace {

using UdpMistakesTest = MistakesTest;

TEST_F(UdpMistakesTest, AGroupNeedsAnAddressThatReceivesIt) {
  const auto dns = [&](const std::string& address, const std::string& group) {
    return DnsWith("address = 127.0.0.1:53\n",
                   "address = " + address + "\nmulticast = " + group + '\n');
  };
  EXPECT_EQ(dns("0.0.0.0:53", "224.0.0.251"), "none");
  EXPECT_EQ(dns("224.0.0.251:53", "224.0.0.251%eth0"), "none");
  EXPECT_EQ(dns("[::]:53", "ff02::fb%eth0"), "none");
  EXPECT_EQ(dns("127.0.0.1:53", "224.0.0.251"),
            "services.d/dns.ini:6: multicast: no address of the service gets what is sent to "
            "224.0.0.251; 0.0.0.0:PORT does");
  EXPECT_EQ(dns("0.0.0.0:53", "ff05::1:3"),
            "services.d/dns.ini:6: multicast: no address of the service gets what is sent to "
            "ff05::1:3; [::]:PORT does");
  EXPECT_EQ(dns("0.0.0.0:53", "192.0.2.1"),
            "services.d/dns.ini:6: multicast: bad group 192.0.2.1: it is no multicast address: "
            "224.0.0.0 to 239.255.255.255, or ff00::/8");
}

TEST_F(UdpMistakesTest, ConnectionsHaveNoneOfThis) {
  const auto ldap = [&](const std::string& line) {
    return LdapWith("address = 127.0.0.1:389\n", "address = 127.0.0.1:389\n" + line + '\n');
  };
  for (const std::string key : {"backend-port = any", "source-port = same"})
    EXPECT_EQ(ldap(key), "services.d/ldap.ini:5: " + key.substr(0, key.find(' ')) +
                             " is only for protocol = udp");
  EXPECT_EQ(LdapWith("protocol = tcp\n", "protocol = tcp\ndscp = copy\n"),
            "services.d/ldap.ini:3: dscp is only for protocol = udp");
}

TEST_F(UdpMistakesTest, WordsThatAreNone) {
  const auto dns = [&](const std::string& line) {
    return DnsWith("peer = hoster\n", "peer = hoster\n" + line + '\n');
  };
  EXPECT_EQ(dns("dscp = EF\nfragment = anywhere"), "none");
  EXPECT_EQ(dns("dscp = 64"),
            "services.d/dns.ini:4: dscp: bad dscp 64: copy, 0 to 63, or a name such as EF, AF41 "
            "and CS3 is expected");
  EXPECT_EQ(dns("fragment = yes"),
            "services.d/dns.ini:4: fragment: here, anywhere or never is expected, not yes");
}

}  // namespace
}  // namespace funnel::config
