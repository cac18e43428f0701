// Ports and streams that two services name.
#include <gtest/gtest.h>

#include "tests/unit/config/example.h"

namespace funnel::config {
namespace {

class Clash : public testing::Test {
 protected:
  // The mistakes if dns2.ini equals dns.ini (which has 127.0.0.1:53 in line 5), except for its
  // address.
  std::string Second(std::string_view address, std::string_view protocol = "udp") {
    std::string text = Replace(kListenText, "127.0.0.1:53", address);
    dir_.Write("services.d/dns2.ini", Replace(text, "udp", protocol));
    return dir_.Reported();
  }
  std::string Pinned(std::string_view first, std::string_view second) {
    dir_.Write("services.d/dns.ini",
               Replace(kListenText, "peer = hoster\n", "peer = hoster\n" + std::string(first)));
    std::string text = Replace(kListenText, ":53", ":54");
    dir_.Write("services.d/dns2.ini",
               Replace(text, "peer = hoster\n", "peer = hoster\n" + std::string(second)));
    return dir_.Reported();
  }

  ExampleDir dir_;
};

TEST_F(Clash, SamePort) {
  EXPECT_EQ(Second("127.0.0.1:53"),
            "services.d/dns2.ini:5: address: 127.0.0.1:53 is already taken by service dns "
            "(services.d/dns.ini:5)");
}

TEST_F(Clash, WildcardTakesEveryAddress) {
  EXPECT_EQ(Second("0.0.0.0:53"),
            "services.d/dns2.ini:5: address: 0.0.0.0:53 is already taken by service dns "
            "(services.d/dns.ini:5)");
}

TEST_F(Clash, OtherPortsAddressesAndProtocolsAreFree) {
  EXPECT_EQ(Second("127.0.0.1:54"), "none");
  EXPECT_EQ(Second("127.0.0.2:53"), "none");
  EXPECT_EQ(Second("[::]:53"), "none");
  EXPECT_EQ(Second("127.0.0.1:53", "tcp"), "none");
}

TEST_F(Clash, WithinOneService) {
  EXPECT_EQ(Second("127.0.0.1:54\naddress = 127.0.0.1:54"),
            "services.d/dns2.ini:6: address: 127.0.0.1:54 is already taken by service dns2 "
            "(services.d/dns2.ini:5)");
}

TEST_F(Clash, WithOurOwnUdpPort) {
  EXPECT_EQ(Second("127.0.0.1:9899"),
            "services.d/dns2.ini:5: address: 127.0.0.1:9899 is already taken by SCTP in UDP "
            "([sctp] udp-port) "
            "(funnel.conf)");
  dir_.Write("funnel.conf", std::string(kNodeText) + "[sctp]\nlisten = 192.0.2.1\n");
  EXPECT_EQ(Second("127.0.0.1:9899"), "none");
}

TEST_F(Clash, SameStream) {
  EXPECT_EQ(Pinned("stream = 5\n", "stream = 5\n"),
            "services.d/dns2.ini:4: stream: 5 to peer hoster is already pinned by service dns "
            "(services.d/dns.ini:4)");
  EXPECT_EQ(Pinned("stream = 5\n", "stream = 6\n"), "none");
}

TEST_F(Clash, StreamsOfSeveralChannels) {
  EXPECT_EQ(Pinned("stream = 5\nchannels = 3\n", "stream = 7\n"),
            "services.d/dns2.ini:4: stream: 7 to peer hoster is already pinned by service dns "
            "(services.d/dns.ini:4)");
  EXPECT_EQ(Pinned("stream = 5\nchannels = 3\n", "stream = 8\n"), "none");
  EXPECT_EQ(Pinned("stream = 62\nchannels = 3\n", "stream = 8\n"),
            "services.d/dns.ini:4: stream: the channels would reach beyond stream 63");
}

TEST_F(Clash, StreamOutOfRange) {
  EXPECT_EQ(Pinned("stream = 64\n", ""),
            "services.d/dns.ini:4: stream: a stream from 1 to 63 is expected, not 64");
}

TEST_F(Clash, SameStreamToOtherPeersIsFree) {
  dir_.Write("peers.d/other.ini", Replace(kPeerText, "ns.hoster.net\n", "other.example\n"));
  std::string text = Replace(kListenText, ":53", ":54");
  dir_.Write("services.d/dns.ini",
             Replace(kListenText, "peer = hoster\n", "peer = hoster\nstream = 5\n"));
  dir_.Write("services.d/dns2.ini", Replace(text, "peer = hoster\n", "peer = other\nstream = 5\n"));
  EXPECT_EQ(dir_.Reported(), "none");
}

// An edge with the same user could ask for the other's keys.
TEST_F(Clash, SameEdgeUser) {
  dir_.Write("services.d/dns.ini",
             Replace(kListenText, "peer = hoster\n", "peer = hoster\nedge-user = edge\n"));
  dir_.Write("services.d/ldap.ini",
             Replace(kConnectText, "protocol = tcp\n", "protocol = tcp\nedge-user = edge\n"));
  EXPECT_EQ(dir_.Reported(),
            "services.d/ldap.ini:3: edge-user: edge is already the edge of service dns "
            "(services.d/dns.ini:4), whose keys it could get");
}

}  // namespace
}  // namespace funnel::config
