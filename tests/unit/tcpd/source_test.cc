// From where connections go to the backend: [connect] source.
#include "tests/unit/net/fake_names.h"
#include "tests/unit/net/free_ports.h"
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

class DialSourceTest : public TunnelTest {
 protected:
  void SendFrom(const std::string& source) { service_.source = *config::Source::Parse(source); }
  // The next connection's source, as the backend sees it.
  std::string Source() {
    clients_.push_back(ConnectTo(client_address_));
    backend_ends_.push_back(AcceptAtBackend());
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    getpeername(backend_ends_.back().get(), reinterpret_cast<sockaddr*>(&storage), &size);
    const auto seen =
        SocketAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage), size);
    return seen ? seen->text() : "";
  }
  // Whether the next client is turned away.
  bool IsReset() {
    client_ = ConnectTo(client_address_);
    at_client_ = {};
    return ReadsUntil(client_, at_client_, ReadState::kReset);
  }

  std::vector<UniqueFd> clients_, backend_ends_;
};

TEST_F(DialSourceTest, TheBackendSeesAFixedAddress) {
  SendFrom("127.0.0.5");
  Start();
  EXPECT_TRUE(Source().starts_with("127.0.0.5:"));
}

TEST_F(DialSourceTest, AReloadIsForNewConnections) {
  SendFrom("127.0.0.5");
  Start();
  EXPECT_TRUE(Source().starts_with("127.0.0.5:"));
  server_shared_->service.source = *config::Source::Parse("127.0.0.6");
  EXPECT_TRUE(Source().starts_with("127.0.0.6:"));
  server_shared_->service.source = {};
  EXPECT_TRUE(Source().starts_with("127.0.0.1:"));
}

TEST_F(DialSourceTest, WhenAllPortsAreInUseAConnectionIsRefused) {
  const config::PortRange range = net::FreePorts(2);
  SendFrom("127.0.0.5:" + range.text());
  service_.down_after = 1;
  Start();
  EXPECT_EQ(Source(), "127.0.0.5:" + std::to_string(range.first));
  EXPECT_EQ(Source(), "127.0.0.5:" + std::to_string(range.last));
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtServer(kSourcePortsUsedUp), 1u);
  EXPECT_EQ(AtServer(kConnectFailed), 0u);
  EXPECT_EQ(AtServer(kBackendsDown), 0u) << "it is no fault of the backend";
  EXPECT_EQ(AtServer(kBackendFailingSince), 0u);
}

TEST_F(DialSourceTest, AnAddressThatIsNotOursServesNobody) {
  SendFrom("192.0.2.77");
  Start();
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtServer(kSourcesNotHad), 1u);
  EXPECT_FALSE(AcceptFrom(backend_listener_.get()));
}

TEST_F(DialSourceTest, ABackendThatRefusesIsAtFault) {
  SendFrom("127.0.0.5");
  service_.down_after = 1;
  backend_listener_.reset();
  Start();
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtServer(kConnectFailed), 1u);
  EXPECT_EQ(AtServer(kBackendsDown), 1u);
}

TEST_F(DialSourceTest, NoPeerMayStateAnAddressOfThisNode) {
  SendFrom("transparent");
  Start();
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtServer(kClientsNotAllowed), 1u);
  EXPECT_FALSE(AcceptFrom(backend_listener_.get()));
}

TEST_F(DialSourceTest, AReloadMakesNoStatementGood) {
  service_.connect_timeout = std::chrono::seconds(20);
  Start();
  const std::string client = "192.0.2.1:4711";
  std::string error;
  server_shared_->service.connect_address = {*config::Backend::Parse("backend.test:1")};
  dialer_->OnReload();
  net::SetFakeName("backend.test", {"127.0.0.1"});
  (void)dialer_->Dial(client, {}, [&](Result<Dialer::Connected> connected) {
    error = connected ? "connected" : connected.error().message;
  });
  server_shared_->service.source = *config::Source::Parse("transparent");
  ASSERT_TRUE(Until([&] { return !error.empty(); }));
  EXPECT_NE(error.find("source: the client's address is not known"), std::string::npos) << error;
  EXPECT_EQ(AtServer(kSourcesNotHad), 1u);
}

}  // namespace
}  // namespace funnel::tcpd
