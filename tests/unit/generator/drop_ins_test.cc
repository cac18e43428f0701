#include "units/generator/drop_ins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/generator/example.h"

namespace funnel::generator {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kSecurity =
    "[security]\nidentity = x/a@EXAMPLE.NET\naccept = x/*@EXAMPLE.NET\n";

// The texts of a service's drop-ins, the socket's first.
struct Texts {
  std::string socket, service;
};
Texts TextsOf(const Example& example, const std::string& name) {
  auto made = MakeDropIns(example.Service(name));
  return made.size() == 2 ? Texts{made[0].text, made[1].text} : Texts{};
}

Texts BackendAt(const std::string& address, const std::string& protocol = "tcp",
                const std::string& more = "") {
  Example example;
  example.folder.Write("services.d/x.ini", "[service]\nprotocol = " + protocol +
                                               "\n[connect]\naddress = " + address + '\n' + more +
                                               std::string(kSecurity));
  return TextsOf(example, "x");
}

TEST(DropIns, ClientSideListensWhereTheFileSays) {
  Example example;
  example.folder.Write("services.d/dns.ini.d/more.ini",
                       "[listen]\naddress = 127.0.0.1:53\naddress = [::1]:53\n");
  auto made = MakeDropIns(example.Service("dns"));
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].unit, "funnel-udpd@dns.socket");
  EXPECT_EQ(made[1].unit, "funnel-udpd@dns.service");
  EXPECT_THAT(made[0].text, HasSubstr("\nListenSequentialPacket=\nListenDatagram=127.0.0.1:53\n"
                                      "ListenDatagram=[::1]:53\nFileDescriptorName=listen\n"));
  EXPECT_THAT(made[0].text, HasSubstr("\nPassPacketInfo=yes\n"));
  EXPECT_THAT(made[0].text,
              HasSubstr("\nSourcePath=" + example.folder.path() + "/services.d/dns.ini\n"));
}

TEST(DropIns, ClientSideGetsNoNetwork) {
  Example example;
  EXPECT_THAT(TextsOf(example, "dns").service, Not(HasSubstr("[Service]")));
}

TEST(DropIns, TcpListensForStreams) {
  Example example;
  example.folder.Write("services.d/dns.ini.d/tcp.ini", "[service]\nprotocol = tcp\n");
  EXPECT_EQ(MakeDropIns(example.Service("dns"))[0].unit, "funnel-tcpd@dns.socket");
  EXPECT_THAT(TextsOf(example, "dns").socket, HasSubstr("\nListenStream=127.0.0.1:53\n"));
  EXPECT_THAT(TextsOf(example, "dns").socket, Not(HasSubstr("PassPacketInfo")));
}

TEST(DropIns, ConnectionsWaitInTheKernelAsFarAsTheFileSays) {
  Example example;
  EXPECT_THAT(TextsOf(example, "dns").socket, Not(HasSubstr("Backlog=")));
  example.folder.Write("services.d/dns.ini.d/tcp.ini", "[service]\nprotocol = tcp\n");
  EXPECT_THAT(TextsOf(example, "dns").socket, HasSubstr("\nBacklog=4096\n"));
  example.folder.Write("services.d/dns.ini.d/tcp.ini",
                       "[service]\nprotocol = tcp\nlisten-backlog = 17\n");
  EXPECT_THAT(TextsOf(example, "dns").socket, HasSubstr("\nBacklog=17\n"));
}

TEST(DropIns, WithAcceptWhenUpTheEdgeStartsWithItsSocket) {
  Example example;
  example.folder.Write("services.d/dns.ini.d/tcp.ini", "[service]\nprotocol = tcp\n");
  EXPECT_THAT(TextsOf(example, "dns").socket, Not(HasSubstr("Wants=")));
  example.folder.Write("services.d/dns.ini.d/tcp.ini",
                       "[service]\nprotocol = tcp\naccept-when = up\n");
  const std::string text = TextsOf(example, "dns").socket;
  EXPECT_THAT(text, HasSubstr("\nWants=funnel-tcpd@dns.service\n"));
  EXPECT_LT(text.find("Wants="), text.find("[Socket]"));
}

TEST(DropIns, ServerSideKeepsTheTemplatesSocket) {
  Example example;
  EXPECT_THAT(TextsOf(example, "ldap").socket, Not(HasSubstr("Listen")));
}

TEST(DropIns, TheEdgeGetsTheSecretOfItsChecks) {
  const std::string plain = BackendAt("192.0.2.7:1812", "udp").service;
  EXPECT_THAT(plain, Not(HasSubstr("Credential")));
  const std::string text =
      BackendAt("192.0.2.7:1812", "udp", "check = radius\ncheck-secret-file = /etc/a%b\n").service;
  EXPECT_THAT(text, HasSubstr("\nLoadCredential=check-secret:/etc/a%%b\n"));
  EXPECT_THAT(text, HasSubstr("\nSetCredential=check-secret:\\n\n"));
}

TEST(DropIns, OnlyAnEdgeThatSendsFromItsClientsPortsMayUseLowOnes) {
  EXPECT_THAT(BackendAt("192.0.2.7:123", "udp").service, Not(HasSubstr("CAP_")));
  const std::string text = BackendAt("192.0.2.7:123", "udp", "source-port = same\n").service;
  EXPECT_THAT(text, HasSubstr("\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"
                              "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"));
}

TEST(DropIns, OnlyAnEdgeThatSendsFromItsClientsAddressesHasTheRightTo) {
  EXPECT_THAT(BackendAt("192.0.2.7:389", "tcp", "source = 192.0.2.1:1024-2000\n").service,
              Not(HasSubstr("CAP_")));
  const std::string low = BackendAt("192.0.2.7:389", "tcp", "source = *:512-1023\n").service;
  EXPECT_THAT(low, HasSubstr("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"));
  EXPECT_THAT(low, Not(HasSubstr("CAP_NET_RAW")));
  for (const char* protocol : {"tcp", "udp"}) {
    const std::string text = BackendAt("192.0.2.7:389", protocol, "source = transparent\n").service;
    EXPECT_THAT(text, HasSubstr("\nCapabilityBoundingSet=CAP_NET_RAW\n"
                                "AmbientCapabilities=CAP_NET_RAW\n"));
    EXPECT_THAT(text, Not(HasSubstr("CAP_NET_BIND_SERVICE")));
    EXPECT_THAT(text, Not(HasSubstr("AF_NETLINK")));
  }
}

TEST(DropIns, ServerSideReachesItsBackendOnly) {
  std::string text = BackendAt("192.0.2.7:389").service;
  EXPECT_THAT(text, HasSubstr("\nPrivateNetwork=no\n"));
  EXPECT_THAT(text,
              HasSubstr("\nRestrictAddressFamilies=AF_INET AF_INET6\nIPAddressAllow=192.0.2.7\n"));
  EXPECT_THAT(text, Not(HasSubstr("AF_NETLINK")));
  EXPECT_THAT(BackendAt("[2001:db8::7]:53", "udp").service,
              HasSubstr("\nIPAddressAllow=2001:db8::7\n"));
  EXPECT_THAT(BackendAt("localhost:53", "udp").service, HasSubstr("\nIPAddressAllow=localhost\n"));
}

TEST(DropIns, AllBackendsAreReached) {
  const std::string two = BackendAt(
                              "192.0.2.7:389 weight=2\naddress = 192.0.2.7:390\naddress = "
                              "[2001:db8::7]:389 backup\naddress = unix:/run/x.sock")
                              .service;
  EXPECT_THAT(two, HasSubstr("\nRestrictAddressFamilies=AF_INET AF_INET6\n"
                             "IPAddressAllow=192.0.2.7\nIPAddressAllow=2001:db8::7\n"));
  EXPECT_EQ(two.find("IPAddressAllow=192.0.2.7"), two.rfind("IPAddressAllow=192.0.2.7"));
  const std::string named =
      BackendAt("192.0.2.7:389\naddress = ldap.example.net:389 backup").service;
  EXPECT_THAT(named, HasSubstr("\nIPAddressDeny=\n"));
  EXPECT_THAT(named, Not(HasSubstr("IPAddressAllow")));
  EXPECT_THAT(BackendAt("192.0.2.7:389\naddress = 192.0.2.8:389").socket,
              HasSubstr("backend at 192.0.2.7:389, 192.0.2.8:389\n"));
}

TEST(DropIns, BackendByNameMayBeAnywhere) {
  EXPECT_THAT(BackendAt("ldap.example.net:389").service, HasSubstr("\nIPAddressDeny=\n"));
}

TEST(DropIns, UnixBackendNeedsNoNetwork) {
  EXPECT_THAT(BackendAt("unix:/run/x.sock").service, Not(HasSubstr("[Service]")));
}

TEST(DropIns, ProxyProtocolNeedsOurOwnAddresses) {
  std::string text = BackendAt("unix:/run/x.sock", "tcp", "proxy-protocol = v2\n").service;
  EXPECT_THAT(text, HasSubstr("\nPrivateNetwork=no\n"));
  EXPECT_THAT(text, HasSubstr("\nRestrictAddressFamilies=AF_NETLINK\n"));
  EXPECT_THAT(text, Not(HasSubstr("AF_INET")));
}

TEST(DropIns, EdgeRunsAsTheUserThatTheFileNames) {
  EXPECT_THAT(BackendAt("192.0.2.7:389").service, Not(HasSubstr("User=")));
  Example example;
  example.folder.Write("services.d/dns.ini.d/user.ini", "[service]\nedge-user = _dns\n");
  EXPECT_THAT(TextsOf(example, "dns").service, HasSubstr("\n[Service]\n"));
  EXPECT_THAT(TextsOf(example, "dns").service, HasSubstr("\nUser=_dns\n"));
  example.folder.Write("services.d/ldap.ini.d/user.ini", "[service]\nedge-user = _ldap\n");
  EXPECT_THAT(TextsOf(example, "ldap").service, HasSubstr("\nUser=_ldap\n"));
  // The template's line would take the counters of any other user for somebody else's.
  EXPECT_THAT(TextsOf(example, "ldap").service, HasSubstr("\nExecStartPre=\nExecStartPre="));
  EXPECT_THAT(TextsOf(example, "ldap").service,
              HasSubstr("funnel-tcpd@%i ! -user _ldap -delete\n"));
}

TEST(DropIns, SpecifiersAreEscaped) {
  EXPECT_THAT(BackendAt("unix:/run/%i.sock").socket, HasSubstr("unix:/run/%%i.sock"));
}

TEST(DropIns, TheFilterKnowsNoZones) {
  EXPECT_THAT(BackendAt("[fe80::1%no-such-one]:389").service,
              HasSubstr("\nIPAddressAllow=fe80::1\n"));
  EXPECT_THAT(BackendAt("[fe80::1%no-such-one]:389").service, Not(HasSubstr("IPAddressDeny=\n")));
}

class SocksDropIns : public testing::Test {
 protected:
  // The texts of a far end with these LINES in [connect].
  Texts Far(const std::string& lines) {
    example_.folder.Write("services.d/x.ini", "[service]\nprotocol = socks\n[connect]\n" + lines +
                                                  std::string(kSecurity));
    const auto made = MakeDropIns(example_.Service("x"), example_.folder.Path("resolv.conf"));
    EXPECT_EQ(made.size(), 2u);
    EXPECT_EQ(made.at(1).unit, "funnel-tcpd@x.service");
    return {made.at(0).text, made.at(1).text};
  }

  Example example_;
};

TEST_F(SocksDropIns, TheNetworksAreInTheUnitAndSoAreTheNameServers) {
  example_.folder.Write("resolv.conf",
                        "# none\nnameserver 192.0.2.53\n nameserver fe80::53%eth0\nsearch x\n"
                        "nameserver 192.0.2.53\nnameserver\nnameserver some.name\n");
  const std::string text =
      Far("networks = 10.0.0.0/8\nnetworks = 2001:db8::/32\nports = 443\n").service;
  EXPECT_THAT(text, HasSubstr("SOCKS, connects to 10.0.0.0/8 2001:db8::/32, ports 443\n"));
  EXPECT_THAT(text, HasSubstr("\n[Service]\nPrivateNetwork=no\n"));
  EXPECT_THAT(text, HasSubstr("\nRestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK\n"
                              "IPAddressAllow=10.0.0.0/8\nIPAddressAllow=64:ff9b::10.0.0.0/104\n"
                              "IPAddressAllow=2001:db8::/32\n"));
  EXPECT_THAT(text, HasSubstr("\nIPAddressAllow=192.0.2.53\nIPAddressAllow=fe80::53\n"));
  EXPECT_THAT(text, Not(HasSubstr("IPAddressDeny")));
  EXPECT_THAT(text, Not(HasSubstr("some.name")));
}

// As the C library has it.
TEST_F(SocksDropIns, WithoutANameServerItIsThisHost) {
  EXPECT_THAT(Far("networks = 10.0.0.0/8\nports = 443\n").service,
              HasSubstr("\nIPAddressAllow=localhost\n"));
}

TEST_F(SocksDropIns, WithoutNetworksThereIsNoNetwork) {
  EXPECT_THAT(Far("").service, HasSubstr("SOCKS, connects to nothing\n"));
  EXPECT_THAT(Far("").service, Not(HasSubstr("[Service]")));
}

TEST_F(SocksDropIns, ClientsConnectToAPort) {
  example_.folder.Write("services.d/dns.ini.d/socks.ini", "[service]\nprotocol = socks\n");
  EXPECT_EQ(MakeDropIns(example_.Service("dns"))[0].unit, "funnel-tcpd@dns.socket");
  EXPECT_THAT(TextsOf(example_, "dns").socket, HasSubstr("\nListenStream=127.0.0.1:53\n"));
}

TEST(DropIns, CommandsAreTakenAtAUnixSocket) {
  Example example;
  example.folder.Write("services.d/x.ini",
                       "[service]\nprotocol = command\npeer = hoster\n[listen]\nallow-users = "
                       "alice\n" +
                           std::string(kSecurity));
  const Texts texts = TextsOf(example, "x");
  EXPECT_THAT(texts.socket, HasSubstr("\nListenSequentialPacket=\n"
                                      "ListenSequentialPacket=/run/funnel/command/x.sock\n"
                                      "FileDescriptorName=listen\n"));
  EXPECT_THAT(texts.socket, HasSubstr("\nSocketMode=0666\n"));
  EXPECT_THAT(texts.service, Not(HasSubstr("PrivateNetwork")));
}

TEST(DropIns, CommandsAreStartedByUnitsOfTheirOwn) {
  Example example;
  example.folder.Write(
      "services.d/x.ini",
      "[service]\nprotocol = command\nmax-sessions = 30\n[connect]\nexec = /bin/x\n"
      "user = alice\ngroup = adm\nkill-after = 2s\n" +
          std::string(kSecurity));
  const auto made = MakeDropIns(example.Service("x"));
  ASSERT_EQ(made.size(), 4u);
  EXPECT_EQ(made[0].unit, "funnel-exec-x.socket");
  EXPECT_THAT(made[0].text, HasSubstr("\nAccept=yes\n"));
  EXPECT_THAT(made[0].text, HasSubstr("\nMaxConnections=10\n"));
  EXPECT_THAT(made[0].text, HasSubstr("\nSocketGroup=funnel-edge\nSocketMode=0660\n"));
  EXPECT_EQ(made[1].unit, "funnel-exec-x@.service");
  EXPECT_THAT(made[1].text, HasSubstr("/funnel-exec x\nUser=alice\nGroup=adm\n"));
  EXPECT_THAT(made[1].text, HasSubstr("\nNoNewPrivileges=yes\n"));
  EXPECT_THAT(made[1].text, HasSubstr("\nTimeoutStopSec=2000ms\n"));
  EXPECT_EQ(made[2].unit, "funnel-tcpd@x.socket");
  EXPECT_THAT(made[2].text, HasSubstr("\nWants=funnel-exec-x.socket\n"));
  // The edge itself may use no network and becomes nobody else.
  EXPECT_THAT(made[3].text, Not(HasSubstr("[Service]")));
}

TEST(DropIns, WithoutAUserNothingIsStarted) {
  Example example;
  example.folder.Write(
      "services.d/x.ini",
      "[service]\nprotocol = command\n[connect]\nexec = /bin/x\n" + std::string(kSecurity));
  EXPECT_TRUE(MakeDropIns(example.Service("x")).empty());
}

TEST(DropIns, NeitherIsItWithoutACommand) {
  Example example;
  example.folder.Write(
      "services.d/x.ini",
      "[service]\nprotocol = command\n[connect]\nuser = alice\n" + std::string(kSecurity));
  EXPECT_TRUE(MakeDropIns(example.Service("x")).empty());
}

}  // namespace
}  // namespace funnel::generator
