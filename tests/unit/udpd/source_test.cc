// From where flows go to the backend: [connect] source.
#include "tests/unit/net/free_ports.h"
#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

class FlowSourceTest : public UdpEdgeTest {
 protected:
  void SendFrom(const std::string& source) { far_service_.source = *config::Source::Parse(source); }
  // From where the backend was asked.
  std::string SourceFor(Client& client) {
    const std::size_t before = client.answers.size();
    SendTo(client.fd.get(), ports_[0], AsBytes("x"));
    EXPECT_TRUE(UntilAnswered(client, before + 1));
    return asked_.empty() ? "" : asked_.back().second.text();
  }
};

TEST_F(FlowSourceTest, TheBackendSeesAFixedAddress) {
  SendFrom("127.0.0.5");
  Start();
  Client client;
  const std::string seen = SourceFor(client);
  EXPECT_TRUE(seen.starts_with("127.0.0.5:")) << seen;
  EXPECT_EQ(SourceFor(client), seen);
}

TEST_F(FlowSourceTest, AReloadIsForNewFlows) {
  SendFrom("127.0.0.5");
  Start();
  Client first, second;
  const std::string seen = SourceFor(first);
  SendFrom("127.0.0.6");
  far_app_->OnReload(far_service_);
  EXPECT_EQ(SourceFor(first), seen);
  EXPECT_TRUE(SourceFor(second).starts_with("127.0.0.6:"));
}

TEST_F(FlowSourceTest, WhenAllPortsAreInUseAFlowIsRefused) {
  const config::PortRange range = net::FreePorts(1);
  SendFrom("127.0.0.5:" + range.text());
  far_service_.down_after = 1;
  Start();
  Client first, second;
  EXPECT_EQ(SourceFor(first), "127.0.0.5:" + range.text());
  SendTo(second.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kSourcePortsUsedUp) == 1; }));
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(Far(kConnectFailed), 0u);
  EXPECT_EQ(Far(kBackendsDown), 0u) << "it is no fault of the backend";
  EXPECT_EQ(SourceFor(first), "127.0.0.5:" + range.text());
}

TEST_F(FlowSourceTest, WithAsManyFlowsAsPortsTheLeastUsefulMakesRoom) {
  const config::PortRange range = net::FreePorts(1);
  SendFrom("127.0.0.5:" + range.text());
  far_service_.max_flows = 1;
  Start();
  Client first, second;
  EXPECT_EQ(SourceFor(first), "127.0.0.5:" + range.text());
  EXPECT_EQ(SourceFor(second), "127.0.0.5:" + range.text());
  EXPECT_EQ(Far(kSourcePortsUsedUp), 0u);
}

TEST_F(FlowSourceTest, AnAddressThatIsNotOursServesNobody) {
  SendFrom("192.0.2.77");
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kSourcesNotHad) == 1; }));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(FlowSourceTest, TheClientsPortGoesWithAFixedAddress) {
  SendFrom("127.0.0.5");
  far_service_.source_port = config::PortRule::kSame;
  Start({"::1"});
  Client client("::1");
  EXPECT_EQ(SourceFor(client), "127.0.0.5:" + std::to_string(NameOf(client.fd.get()).port()));
  EXPECT_EQ(Far(kSourcePortsNotHad), 0u);
}

TEST_F(FlowSourceTest, WhereThatIsInUseTheAddressStays) {
  SendFrom("127.0.0.5");
  far_service_.source_port = config::PortRule::kSame;
  Start({"::1"});
  Client client("::1");
  const UniqueFd other = Bound("127.0.0.5", NameOf(client.fd.get()).port());
  const std::string seen = SourceFor(client);
  EXPECT_TRUE(seen.starts_with("127.0.0.5:")) << seen;
  EXPECT_NE(seen, "127.0.0.5:" + std::to_string(NameOf(client.fd.get()).port()));
  EXPECT_EQ(Far(kSourcePortsNotHad), 1u);
}

TEST_F(FlowSourceTest, NoPeerMayStateAnAddressOfThisNode) {
  SendFrom("transparent");
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kClientsNotAllowed) == 1; }));
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace funnel::udpd
