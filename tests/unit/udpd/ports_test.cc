// From which ports answers come, and where a flow's datagrams go then (backend-port); from which
// port they go (source-port).
#include "funnel-udpd/source_port.h"
#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

class PortsTest : public UdpEdgeTest {
 protected:
  void SetUp() override {
    UdpEdgeTest::SetUp();
    far_service_.backend_port = config::PortRule::kAny;
    answering_ = false;
  }
  // The client asks, and the backend has got it; the flow's own address.
  SocketAddress Asked(const Client& client, const std::string& text) {
    const std::size_t before = asked_.size();
    SendTo(client.fd.get(), ports_[0], AsBytes(text));
    EXPECT_TRUE(Until([&] { return asked_.size() > before; }));
    return asked_.empty() ? SocketAddress() : asked_.back().second;
  }
  // What comes at FD within its time; "": nothing.
  std::string Got(const UniqueFd& fd) {
    std::string bytes(100, '\0');
    ssize_t got = -1;
    EXPECT_TRUE(Until([&] {
      got = recv(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      return got >= 0;
    }));
    return got < 0 ? "" : bytes.substr(0, static_cast<std::size_t>(got));
  }
};

TEST_F(PortsTest, TheClientSeesOnePortAndIsHeardWhereItWasAnswered) {
  Start();
  Client client;
  const SocketAddress flow = Asked(client, "read");
  const UniqueFd transfer = Bound("127.0.0.1");
  SendTo(transfer.get(), flow, AsBytes("block 1"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first, "block 1");
  EXPECT_EQ(client.answers[0].second, ports_[0]);
  SendTo(client.fd.get(), ports_[0], AsBytes("block 1 has come"));
  EXPECT_EQ(Got(transfer), "block 1 has come");
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(Far(kAnswersFromOtherPorts), 1u);
  EXPECT_EQ(Far(kAnswersFromElsewhere), 0u);
}

TEST_F(PortsTest, AFlowStaysWithTheFirstPort) {
  Start();
  Client client;
  const SocketAddress flow = Asked(client, "read");
  const UniqueFd first = Bound("127.0.0.1"), second = Bound("127.0.0.1");
  SendTo(first.get(), flow, AsBytes("first"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  SendTo(second.get(), flow, AsBytes("second"));
  SendTo(backend_.get(), flow, AsBytes("own"));
  ASSERT_TRUE(UntilAnswered(client, 3));
  SendTo(client.fd.get(), ports_[0], AsBytes("on"));
  EXPECT_EQ(Got(first), "on");
  EXPECT_EQ(Far(kAnswersFromOtherPorts), 2u);
}

TEST_F(PortsTest, WhatThatPortRefusesTheBackendsOwnGets) {
  Start();
  Client client;
  const SocketAddress flow = Asked(client, "read");
  UniqueFd transfer = Bound("127.0.0.1");
  SendTo(transfer.get(), flow, AsBytes("all"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  SendTo(client.fd.get(), ports_[0], AsBytes("thanks"));
  EXPECT_EQ(Got(transfer), "thanks");
  transfer.reset();
  // The next exchange from the same port of the client.
  EXPECT_EQ(Asked(client, "read more"), flow);
  EXPECT_EQ(asked_.back().first, "read more");
  EXPECT_EQ(asked_.size(), 2u) << "what the first exchange sent last belongs to it alone";
  EXPECT_EQ(Far(kOtherPortsRefused), 1u);
  EXPECT_EQ(Far(kConnectFailed), 0u);
  const UniqueFd next = Bound("127.0.0.1");
  SendTo(next.get(), flow, AsBytes("more"));
  ASSERT_TRUE(UntilAnswered(client, 2));
  SendTo(client.fd.get(), ports_[0], AsBytes("more has come"));
  EXPECT_EQ(Got(next), "more has come");
}

TEST_F(PortsTest, AnotherAddressIsStillNoBackend) {
  Start();
  Client client;
  const SocketAddress flow = Asked(client, "read");
  const UniqueFd other = Bound("127.0.0.9", NameOf(backend_.get()).port());
  SendTo(other.get(), flow, AsBytes("wrong"));
  SendTo(backend_.get(), flow, AsBytes("right"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first, "right");
  EXPECT_EQ(Far(kAnswersFromElsewhere), 1u);
}

TEST_F(PortsTest, AReloadChangesItForFlowsThatAreThere) {
  Start();
  Client client;
  const SocketAddress flow = Asked(client, "read");
  const UniqueFd transfer = Bound("127.0.0.1");
  SendTo(transfer.get(), flow, AsBytes("1"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  far_service_.backend_port = config::PortRule::kSame;
  far_app_->OnReload(far_service_);
  EXPECT_EQ(Asked(client, "again"), flow);
  SendTo(transfer.get(), flow, AsBytes("2"));
  ASSERT_TRUE(Until([&] { return Far(kAnswersFromElsewhere) == 1; }));
}

TEST(PortOf, ReadsWhatFarEndsWrite) {
  EXPECT_EQ(PortOf("192.0.2.1:53"), 53);
  EXPECT_EQ(PortOf("[2001:db8::1]:65535"), 65535);
  for (const char* text : {"", "192.0.2.1", "a:", "a:x", "a:1x", "a:65536", "a:-1", "a: 1"})
    EXPECT_EQ(PortOf(text), 0) << text;
}

class SourcePortTest : public UdpEdgeTest {
 protected:
  void SetUp() override {
    UdpEdgeTest::SetUp();
    far_service_.source_port = config::PortRule::kSame;
  }
  // The port from which the backend was asked.
  std::uint16_t PortFor(Client& client) {
    const std::size_t before = client.answers.size();
    SendTo(client.fd.get(), ports_[0], AsBytes("x"));
    EXPECT_TRUE(UntilAnswered(client, before + 1));
    return asked_.empty() ? std::uint16_t{0} : asked_.back().second.port();
  }
};

// The client is at an IPv6 address and the backend at one of IPv4, so that one machine has the port
// twice.
TEST_F(SourcePortTest, TheBackendSeesTheClientsPort) {
  Start({"::1"});
  Client client("::1");
  EXPECT_EQ(PortFor(client), NameOf(client.fd.get()).port());
  EXPECT_EQ(PortFor(client), NameOf(client.fd.get()).port());
  EXPECT_EQ(Far(kSourcePortsNotHad), 0u);
}

TEST_F(SourcePortTest, WhereThatIsInUseItIsAnotherAndCounted) {
  Start({"::1"});
  Client client("::1");
  const UniqueFd other = Bound("127.0.0.5", NameOf(client.fd.get()).port());
  EXPECT_NE(PortFor(client), NameOf(client.fd.get()).port());
  EXPECT_EQ(Far(kSourcePortsNotHad), 1u);
  EXPECT_EQ(client.answers.size(), 1u);
}

TEST_F(SourcePortTest, ItIsFreeAgainAfterTheFlow) {
  far_service_.max_flows = 1;
  Start({"::1"});
  Client first("::1"), second("::1");
  EXPECT_EQ(PortFor(first), NameOf(first.fd.get()).port());
  EXPECT_EQ(PortFor(second), NameOf(second.fd.get()).port());
  EXPECT_EQ(PortFor(first), NameOf(first.fd.get()).port());
  EXPECT_EQ(Far(kSourcePortsNotHad), 0u);
}

}  // namespace
}  // namespace funnel::udpd
