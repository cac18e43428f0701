// proxy-protocol: each datagram to the backend has the client's address ahead of it.
#include "common/service/client/proxy_header.h"
#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

class ProxyTest : public UdpEdgeTest {
 protected:
  void SetUp() override {
    UdpEdgeTest::SetUp();
    far_service_.proxy_protocol = config::ProxyProtocol::kV2;
    far_service_.client_networks = {*config::Network::Parse("127.0.0.0/8")};
  }
  // What CLIENT's datagrams begin with.
  [[nodiscard]] std::string HeaderOf(const Client& client) const {
    return std::string(AsText(service::ProxyHeaderV2(NameOf(client.fd.get()), ports_[0], nullptr,
                                                     service::ProxyTransport::kUdp)));
  }
};

TEST_F(ProxyTest, EachDatagramSaysWhoseItIs) {
  Start();
  Client one, two("127.0.0.2");
  for (const char* text : {"first", "second"}) {
    for (Client* client : {&one, &two}) {
      const std::size_t before = asked_.size();
      SendTo(client->fd.get(), ports_[0], AsBytes(text));
      ASSERT_TRUE(Until([&] { return asked_.size() == before + 1; }));
      EXPECT_EQ(asked_.back().first, HeaderOf(*client) + text);
    }
  }
  // The backend of this test sends back what it got, and nothing is taken from it.
  ASSERT_TRUE(UntilAnswered(one, 2));
  EXPECT_EQ(one.answers[0].first, HeaderOf(one) + "first");
}

TEST_F(ProxyTest, WhoMayNotBeStatedIsRefusedUntilAReloadAllowsIt) {
  far_service_.client_networks = {*config::Network::Parse("192.0.2.0/24")};
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kClientsNotAllowed) == 1; }));
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(Far(kFlows), 0u);

  far_service_.client_networks = {*config::Network::Parse("127.0.0.1/32")};
  far_app_->OnReload(far_service_);
  ASSERT_TRUE(Until([&] {
    SendTo(client.fd.get(), ports_[0], AsBytes("again"));
    client.Take();
    return !client.answers.empty();
  }));
  EXPECT_EQ(asked_.front().first, HeaderOf(client) + "again");
}

TEST_F(ProxyTest, ItTakesRoomInTheDatagram) {
  Start();
  Client client;
  constexpr std::size_t kHeader = 28;
  const std::string fits(65507 - kHeader, 'x'), too_large(65507 - kHeader + 1, 'y');
  SendTo(client.fd.get(), ports_[0], AsBytes(fits));
  ASSERT_TRUE(Until([&] { return asked_.size() == 1; }));
  EXPECT_EQ(asked_[0].first.size(), 65507u);
  SendTo(client.fd.get(), ports_[0], AsBytes(too_large));
  ASSERT_TRUE(Until([&] { return Far(kDatagramsTooLarge) == 1; }));
  EXPECT_EQ(asked_.size(), 1u);
}

}  // namespace
}  // namespace funnel::udpd
