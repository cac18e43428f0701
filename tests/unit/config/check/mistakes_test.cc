// Mistakes in values, and in values that do not fit together; each is reported with its file and
// line.
#include "tests/unit/config/check/mistakes.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

TEST_F(MistakesTest, MissingRequiredKey) {
  EXPECT_EQ(DnsWith("protocol = udp\n", ""),
            "services.d/dns.ini:1: protocol is missing in [service]");
  EXPECT_EQ(DnsWith("peer = hoster\n", ""), "services.d/dns.ini:1: peer is missing in [service]");
  EXPECT_EQ(DnsWith("expect = dns/ns.hoster.net@EXAMPLE.NET\n", ""),
            "services.d/dns.ini:6: expect is missing in [security]");
  EXPECT_EQ(DnsWith("identity = dns/branch1.example.net@EXAMPLE.NET\n", ""),
            "services.d/dns.ini:6: identity is missing in [security]");
}

TEST_F(MistakesTest, MissingRequiredKeyElsewhere) {
  EXPECT_EQ(LdapWith("address = 127.0.0.1:389\n", "proxy-protocol = v2\n"),
            "services.d/ldap.ini:3: address is missing in [connect]");
  dir_.Write("services.d/ldap.ini", kConnectText);
  EXPECT_EQ(PeerWith("node = ns.hoster.net\n", ""),
            "peers.d/hoster.ini:1: node is missing in [peer]");
  dir_.Write("peers.d/hoster.ini", kPeerText);
  dir_.Write("funnel.conf", "[node]\nlog-level = info\n");
  EXPECT_EQ(dir_.Reported(), "funnel.conf:1: name is missing in [node]");
}

TEST_F(MistakesTest, BadBackends) {
  const auto ldap = [&](const std::string& lines) {
    return LdapWith("address = 127.0.0.1:389\n", lines);
  };
  EXPECT_EQ(ldap("address = 127.0.0.1:389 weight=2\naddress = 127.0.0.2:389 backup\n"), "none");
  EXPECT_EQ(ldap("address = 127.0.0.1:389\naddress = 127.0.0.1:389 backup\n"),
            "services.d/ldap.ini:5: address: 127.0.0.1:389 again: its weight is its share");
  EXPECT_EQ(ldap("address = 127.0.0.1:389\naddress = 0.0.0.0:389\n"),
            "services.d/ldap.ini:5: address: 0.0.0.0 stands for all of a host's addresses: write "
            "127.0.0.1 or [::1] for a backend on this node");
  EXPECT_EQ(ldap("address = 127.0.0.1:389 weight=0\n"),
            "services.d/ldap.ini:4: address: bad address 127.0.0.1:389 weight=0: a weight is from "
            "1 to 100");
  EXPECT_EQ(ldap("address = 127.0.0.1:389 wieght=2\n"),
            "services.d/ldap.ini:4: address: bad address 127.0.0.1:389 wieght=2: behind the "
            "address only weight=N and backup are expected");
  EXPECT_EQ(ldap("address = 127.0.0.1:389\nbalance = random\n"),
            "services.d/ldap.ini:5: balance: round-robin, least-sessions or client is expected, "
            "not random");
}

TEST_F(MistakesTest, BadModule) {
  const auto ldap = [&](const std::string& more) {
    return LdapWith("protocol = tcp\n", "protocol = tcp\n" + more);
  };

  EXPECT_EQ(ldap("module = ldap\nmodule-option = entries=free\nmodule-option = depth=\n"), "none");
  EXPECT_EQ(ldap("module = LDAP\n"),
            "services.d/ldap.ini:3: module: a module's name, of a to z, 0 to 9 and - is expected, "
            "not LDAP");
  EXPECT_EQ(ldap("module = ../ldap\n"),
            "services.d/ldap.ini:3: module: a module's name, of a to z, 0 to 9 and - is expected, "
            "not ../ldap");
  EXPECT_EQ(ldap("module = ldap\nmodule-option = entries\n"),
            "services.d/ldap.ini:4: module-option: NAME=VALUE, the name of a to z, 0 to 9 and - is "
            "expected, not entries");
  EXPECT_EQ(ldap("module = ldap\nmodule-option = a=1\nmodule-option = b=1\nmodule-option = a=2\n"),
            "services.d/ldap.ini:6: module-option: a again");
  EXPECT_EQ(ldap("module-strict = yes\n"),
            "services.d/ldap.ini:3: module-strict: there is no module");
  EXPECT_EQ(ldap("module = none\n"), "none");
  EXPECT_EQ(ldap("module = none\nmodule-required = yes\n"),
            "services.d/ldap.ini:4: module-required: there is no module");

  dir_.Write("services.d/ldap.ini", kConnectText);
  EXPECT_EQ(DnsWith("peer = hoster\n", "peer = hoster\nmodule = dns\n"), "none");
  EXPECT_EQ(DnsWith("peer = hoster\n", "peer = hoster\nmodule = dns\nmodule-hold = 1s\n"),
            "services.d/dns.ini:5: module-hold is only for protocol = tcp");
}

TEST_F(MistakesTest, BadAddress) {
  EXPECT_EQ(DnsWith("127.0.0.1:53", "127.0.0.1"),
            "services.d/dns.ini:5: address: bad address 127.0.0.1: the port is missing (host:port, "
            "[v6]:port)");
  EXPECT_EQ(DnsWith("127.0.0.1:53", "localhost:53"),
            "services.d/dns.ini:5: address: bad address localhost:53: an address is expected, not "
            "a name");
  EXPECT_EQ(DnsWith("127.0.0.1:53", "127.0.0.1:99999"),
            "services.d/dns.ini:5: address: bad address 127.0.0.1:99999: a port from 1 to 65535 is "
            "expected after "
            "the host");
}

TEST_F(MistakesTest, BadPrincipal) {
  EXPECT_EQ(DnsWith("dns/branch1.example.net@EXAMPLE.NET", "dns/branch1.example.net"),
            "services.d/dns.ini:7: identity: bad principal dns/branch1.example.net: the realm is "
            "missing (name@REALM)");
  dir_.Write("services.d/dns.ini", kListenText);
  EXPECT_EQ(LdapWith("ldap/*@EXAMPLE.NET", "ldap/a*@EXAMPLE.NET"),
            "services.d/ldap.ini:7: accept: bad principal ldap/a*@EXAMPLE.NET: `*` stands for a "
            "whole component only "
            "(write \\* for the character): a*");
}

TEST_F(MistakesTest, BadUnit) {
  EXPECT_EQ(
      DnsWith("peer = hoster", "peer = hoster\nlifetime = 5"),
      "services.d/dns.ini:4: lifetime: a time with its unit (ms, s, min, h, d) is expected, not 5");
  dir_.Write("services.d/dns.ini", kListenText);
  EXPECT_EQ(
      NodeWith("[sctp]\nsend-buffer = 4000\n"),
      "funnel.conf:4: send-buffer: a size with its unit (B, KiB, MiB, GiB) is expected, not 4000");
}

TEST_F(MistakesTest, OutOfRange) {
  EXPECT_EQ(DnsWith("peer = hoster", "peer = hoster\nmax-flows = 0"),
            "services.d/dns.ini:4: max-flows: 0 is out of range: 1 to 1048576");
  dir_.Write("services.d/dns.ini", kListenText);
  EXPECT_EQ(NodeWith("[sctp]\nheartbeat = 30s\n"),
            "funnel.conf:4: heartbeat: 30s is out of range: 100ms to 15s");
}

TEST_F(MistakesTest, BadWord) {
  EXPECT_EQ(DnsWith("protocol = udp", "protocol = icmp"),
            "services.d/dns.ini:2: protocol: udp, tcp, socks or command is expected, not icmp");
  EXPECT_EQ(DnsWith("peer = hoster", "peer = hoster\nsuppress-resends = true"),
            "services.d/dns.ini:4: suppress-resends: yes or no is expected, not true");
}

TEST_F(MistakesTest, UnknownPeer) {
  EXPECT_EQ(DnsWith("peer = hoster", "peer = hostess"),
            "services.d/dns.ini:3: peer: unknown peer hostess (there is no peers.d/hostess.ini)");
}

TEST_F(MistakesTest, NeitherListenNorConnect) {
  EXPECT_EQ(DnsWith("[listen]\naddress = 127.0.0.1:53\n", ""),
            "services.d/dns.ini: one of [listen], [connect], [relay] is missing");
}

TEST_F(MistakesTest, ListenAndConnect) {
  EXPECT_EQ(DnsWith("[security]", "[connect]\naddress = 127.0.0.1:5300\n[security]"),
            "services.d/dns.ini:6: [connect] and [listen]: a service has exactly one of "
            "[listen], [connect], "
            "[relay]");
}

TEST_F(MistakesTest, KeysOfTheOtherRoleOrProtocol) {
  EXPECT_EQ(DnsWith("peer = hoster", "peer = hoster\nmax-sessions = 5"),
            "services.d/dns.ini:4: max-sessions is only for protocol = tcp or socks");
  EXPECT_EQ(DnsWith("expect = ", "accept = a@R\nexpect = "),
            "services.d/dns.ini:8: accept is only for a service with [connect]");
  dir_.Write("services.d/dns.ini", kListenText);
  EXPECT_EQ(LdapWith("protocol = tcp", "protocol = tcp\nstream = 5"),
            "services.d/ldap.ini:3: stream is only for a service with [listen]");
  EXPECT_EQ(LdapWith("protocol = tcp\n[connect]\naddress = 127.0.0.1:389",
                     "protocol = udp\n[connect]\naddress = unix:/x"),
            "services.d/ldap.ini:4: address: a Unix socket is only for protocol = tcp");
}

TEST_F(MistakesTest, RelayThatCannotBe) {
  EXPECT_EQ(Dns("[service]\nprotocol = udp\n[relay]\nfrom = hoster\nto = hoster\n"),
            "services.d/dns.ini:4: from: hoster is the next hop itself");
  EXPECT_EQ(Dns("[service]\nprotocol = udp\n[relay]\nto = hoster\n"),
            "services.d/dns.ini:3: from is missing in [relay]: nothing would be passed on");
}

TEST_F(MistakesTest, LimitsThatContradict) {
  EXPECT_EQ(NodeWith("[sctp]\nrto-min = 3s\n"),
            "funnel.conf:4: rto-min (3s) is greater than rto-initial (500ms)");
  EXPECT_EQ(NodeWith("[sctp]\ndead-peer-timeout = 1s\n"),
            "funnel.conf:4: heartbeat (2s) is greater than half of dead-peer-timeout (of 1s)");
  EXPECT_EQ(NodeWith("[sctp]\nheartbeat = 8s\n"),
            "funnel.conf:4: heartbeat (8s) is greater than half of dead-peer-timeout (of 10s)");
}

// Formerly the engine refused these when funnel-sctpd started, without file and line.
TEST_F(MistakesTest, WhatNoEngineTakes) {
  for (const char* line :
       {"rto-min = 10ms", "sack-delay = 0ms", "max-associations = 65536", "packet-size = 65000B"})
    EXPECT_NE(NodeWith("[sctp]\n" + std::string(line) + "\n").find("funnel.conf:4: "),
              std::string::npos)
        << line;
}

TEST_F(MistakesTest, PeerIsOurselves) {
  EXPECT_EQ(PeerWith("ns.hoster.net\n", "branch1.example.net\n"),
            "peers.d/hoster.ini:2: node: branch1.example.net is this node itself");
}

TEST_F(MistakesTest, TwoPeersOfOneNode) {
  dir_.Write("peers.d/zweig.ini", kPeerText);
  EXPECT_EQ(
      dir_.Reported(),
      "peers.d/zweig.ini:2: node: ns.hoster.net is already peer hoster (peers.d/hoster.ini:2)");
}

TEST_F(MistakesTest, CarrierThatIsOff) {
  dir_.Write("peers.d/hoster.ini", std::string(kPeerText) + "carrier = udp\n");
  EXPECT_EQ(NodeWith("[sctp]\nudp = no\n"),
            "peers.d/hoster.ini:5: carrier: udp is switched off ([sctp] udp = no)");
}

TEST_F(MistakesTest, DuplicateWireName) {
  dir_.Write("services.d/web.ini",
             Replace(Replace(kConnectText, ":389", ":80"), "tcp\n", "tcp\nwire-name = ldap\n"));
  EXPECT_EQ(
      dir_.Reported(),
      "services.d/web.ini:3: wire-name: ldap is already service ldap (services.d/ldap.ini:1)");
}

TEST_F(MistakesTest, StarsWhereOneNameIsMeant) {
  EXPECT_NE(
      DnsWith("identity = dns/branch1.example.net", "identity = dns/*")
          .find("dns.ini:7: identity: bad principal dns/*@EXAMPLE.NET: `*` stands for any name, "
                "which only `accept` can take"),
      std::string::npos);
  EXPECT_NE(DnsWith("expect = dns/ns.hoster.net", "expect = dns/*").find("dns.ini:8: expect: "),
            std::string::npos);
  EXPECT_EQ(DnsWith("expect = dns/ns.hoster.net", "expect = dns/\\*"), "none");
}

TEST_F(MistakesTest, BlankInARealm) {
  EXPECT_NE(
      LdapWith("ldap/*@EXAMPLE.NET", "ldap/*@EXAMPLE.NET ldap/b@EXAMPLE.NET").find("ldap.ini:7"),
      std::string::npos);
  EXPECT_NE(LdapWith("ldap/*@EXAMPLE.NET", "ldap/*@EXAMPLE.NET, more").find("a blank in the realm"),
            std::string::npos);
  EXPECT_EQ(LdapWith("ldap/*@EXAMPLE.NET", "John Doe@EXAMPLE.NET"), "none");
}

TEST_F(MistakesTest, KeytabAsKerberosWritesIt) {
  EXPECT_EQ(NodeWith("[kerberos]\nkeytab = FILE:/etc/krb5.keytab\n"),
            "funnel.conf:4: keytab: a path alone is expected: /etc/krb5.keytab, not "
            "FILE:/etc/krb5.keytab");
}

TEST_F(MistakesTest, BackendsThatNobodyCanBeAt) {
  for (const char* address : {"0.0.0.0:389", "[::]:389", "224.0.0.1:389", "255.255.255.255:389",
                              "[ff02::1]:389", "[::ffff:224.0.0.1]:389"})
    EXPECT_NE(LdapWith("127.0.0.1:389", address).find("services.d/ldap.ini:4: address: "),
              std::string::npos)
        << address;
}

TEST_F(MistakesTest, OurOwnPortAsABackend) {
  const std::string udp = Replace(kConnectText, "tcp", "udp");
  auto told = [&](const char* address) {
    dir_.Write("services.d/ldap.ini", Replace(udp, "127.0.0.1:389", address));
    return dir_.Reported();
  };
  EXPECT_EQ(told("127.0.0.1:9899"),
            "services.d/ldap.ini:4: address: 127.0.0.1:9899 is this node's own SCTP in UDP ([sctp] "
            "udp-port), not a backend");
  EXPECT_NE(told("localhost:9899"), "none");
  EXPECT_NE(told("[::1]:9899"), "none");
  EXPECT_EQ(told("192.0.2.7:9899"), "none");
  dir_.Write("funnel.conf", std::string(kNodeText) + "[sctp]\nlisten = 192.0.2.7\n");
  EXPECT_NE(told("192.0.2.7:9899"), "none");
  EXPECT_EQ(told("127.0.0.1:9899"), "none");
}

TEST_F(MistakesTest, EdgesThatAreSomebodyElse) {
  for (const char* user : {"root", "0", "00", "funnel-sctpd", "funnel-authd"})
    EXPECT_NE(LdapWith("tcp\n", "tcp\nedge-user = " + std::string(user) + "\n")
                  .find("services.d/ldap.ini:3: edge-user: "),
              std::string::npos)
        << user;
  dir_.Write("services.d/dns.ini", Replace(kListenText, "udp\n", "udp\nedge-user = 997\n"));
  EXPECT_NE(LdapWith("tcp\n", "tcp\nedge-user = 0997\n").find("already the edge of service dns"),
            std::string::npos)
      << "two spellings";
}

TEST_F(MistakesTest, NodeNamesAreComparedAsDnsDoes) {
  EXPECT_NE(PeerWith("ns.hoster.net\n", "BRANCH1.example.net.\n").find("is this node itself"),
            std::string::npos);
  dir_.Write("peers.d/hoster.ini", kPeerText);
  dir_.Write("peers.d/zweig.ini",
             Replace(kPeerText, "node = ns.hoster.net", "node = NS.hoster.net."));
  EXPECT_NE(dir_.Reported().find("zweig.ini:2: node: NS.hoster.net. is already peer hoster"),
            std::string::npos);
}

}  // namespace
}  // namespace funnel::config
