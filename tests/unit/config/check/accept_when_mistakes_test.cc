// accept-when = up must be able to become up.
#include "tests/unit/config/check/mistakes.h"

namespace funnel::config {
namespace {

class AcceptWhenMistakesTest : public MistakesTest {
 protected:
  std::string With(std::string_view protocol, const std::string& lines) {
    return Dns(Replace(Replace(kListenText, "udp", protocol), "[listen]\n", lines + "[listen]\n"));
  }
};

TEST_F(AcceptWhenMistakesTest, IsForListeningTcp) {
  EXPECT_EQ(With("tcp", "accept-when = up\n"), "none");
  EXPECT_EQ(With("tcp", "accept-when = always\n"), "none");
  EXPECT_EQ(With("tcp", "accept-when = sometimes\n"),
            "services.d/dns.ini:4: accept-when: always or up is expected, not sometimes");
  EXPECT_EQ(With("udp", "accept-when = up\n"),
            "services.d/dns.ini:4: accept-when is only for protocol = tcp or socks");
  dir_.Write("services.d/dns.ini", kListenText);
  EXPECT_EQ(LdapWith("[connect]\n", "accept-when = up\n[connect]\n"),
            "services.d/ldap.ini:3: accept-when is only for a service with [listen]");
}

TEST_F(AcceptWhenMistakesTest, NeedsAnAssociationThatIsThereWithoutClients) {
  dir_.Write("peers.d/hoster.ini", std::string(kPeerText) + "when = on-demand\n");
  EXPECT_EQ(With("tcp", "accept-when = up\n"),
            "services.d/dns.ini:4: accept-when: up waits for a channel, which peer hoster gets "
            "only when a client comes: it is on-demand (peers.d/hoster.ini:5)");
  EXPECT_EQ(With("tcp", "accept-when = always\n"), "none");
}

TEST_F(AcceptWhenMistakesTest, NeedsAnEdgeThatStays) {
  EXPECT_EQ(With("tcp", "accept-when = up\nidle-exit = 1h\n"),
            "services.d/dns.ini:5: idle-exit: accept-when = up takes an edge that stays (0s)");
  EXPECT_EQ(With("tcp", "accept-when = up\nidle-exit = 0s\n"), "none");
}

}  // namespace
}  // namespace funnel::config
