// Through the acceptor. 127.0.0.2 is the load balancer's address.
#include "funnel-tcpd/accept/proxy_gate.h"

#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

constexpr const char* kBalancer = "127.0.0.2";
const std::string kHeader = "PROXY TCP4 192.0.2.1 198.51.100.7 4660 389\r\n";

std::string ClientKey(std::string_view host) {
  return service::ClientOf(*SocketAddress::FromLiteral(host, 0));
}

class ProxyGateTest : public TunnelTest {
 protected:
  void SetUp() override {
    TunnelTest::SetUp();
    service_.accept_proxy_from = {*config::Network::Parse(kBalancer)};
  }
  void Connect() { client_ = ConnectTo(client_address_, kBalancer); }
  // "client local" of each session.
  [[nodiscard]] std::vector<std::string> Sessions() {
    std::vector<std::string> out;
    client_pump_->Visit(
        [&](SessionPump::View&& view) { out.push_back(view.info.client + ' ' + view.info.local); });
    return out;
  }
  [[nodiscard]] bool IsReset() { return ReadsUntil(client_, at_client_, ReadState::kReset); }
  void ExpectNothingLeft() {
    EXPECT_EQ(AtClient(kProxyHeadersWaiting), 0u);
    EXPECT_EQ(client_shared_->limit.taken(), 0u);
  }
};

TEST_F(ProxyGateTest, TheClientThatTheHeaderNamesIsTheClient) {
  Start();
  Connect();
  SendText(client_, kHeader + "hello");
  backend_end_ = AcceptAtBackend();
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "hello"));
  EXPECT_EQ(Sessions(), std::vector<std::string>{"192.0.2.1:4660 198.51.100.7:389"});
  EXPECT_EQ(client_shared_->limit.taken(), 1u);
  EXPECT_EQ(client_shared_->limit.TakenBy(ClientKey("192.0.2.1")), 1u);
  EXPECT_EQ(AtClient(kProxyHeadersWaiting), 0u);
}

TEST_F(ProxyGateTest, TheHeaderMayComeByteByByte) {
  Start();
  Connect();
  for (const char byte : kHeader) {
    EXPECT_TRUE(Sessions().empty());
    SendText(client_, std::string(1, byte));
    EXPECT_TRUE(loop_->RunOnce(std::chrono::milliseconds(1)));
  }
  backend_end_ = AcceptAtBackend();
  SendText(client_, "hello");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "hello"));
}

TEST_F(ProxyGateTest, OthersAreNotBelieved) {
  Start();
  client_ = ConnectTo(client_address_);
  SendText(client_, kHeader);
  backend_end_ = AcceptAtBackend();
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, kHeader));
  EXPECT_EQ(Sessions(), std::vector<std::string>{BoundAddress(client_.get()).text() + ' ' +
                                                 client_address_.text()});
}

TEST_F(ProxyGateTest, LimitsAreForTheClientAndNotForTheBalancer) {
  service_.client_allow = {*config::Network::Parse("192.0.2.0/24")};
  service_.max_sessions_per_client = 1;
  Start();
  Connect();
  SendText(client_, "PROXY TCP4 198.51.100.1 198.51.100.7 1 2\r\n");
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kClientsTurnedAway), 1u);
  UniqueFd first = ConnectTo(client_address_, kBalancer);
  SendText(first, kHeader);
  const UniqueFd first_backend = AcceptAtBackend();
  client_ = ConnectTo(client_address_, kBalancer);
  at_client_ = {};
  SendText(client_, kHeader);
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kClientSessionsOverLimit), 1u);
}

TEST_F(ProxyGateTest, TheBalancersOwnConnectionIsItsOwn) {
  Start();
  Connect();
  SendText(client_, "PROXY UNKNOWN\r\n");
  backend_end_ = AcceptAtBackend();
  EXPECT_EQ(Sessions(), std::vector<std::string>{BoundAddress(client_.get()).text() + ' ' +
                                                 client_address_.text()});
}

TEST_F(ProxyGateTest, WithoutAHeaderItIsReset) {
  Start();
  Connect();
  SendText(client_, "GET / HTTP/1.1\r\n");
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kProxyHeadersBad), 1u);
  ExpectNothingLeft();
}

TEST_F(ProxyGateTest, AHeaderThatIsCutOffIsABadOne) {
  Start();
  Connect();
  SendText(client_, kHeader.substr(0, 20));
  shutdown(client_.get(), SHUT_WR);
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kProxyHeadersBad), 1u);
}

TEST_F(ProxyGateTest, AConnectionWithoutAByteIsOnlyCounted) {
  Start();
  Connect();
  client_.reset();
  EXPECT_TRUE(Until([&] { return AtClient(kProxyHeadersNone) == 1; }));
  EXPECT_EQ(AtClient(kProxyHeadersBad), 0u);
  ExpectNothingLeft();
}

TEST_F(ProxyGateTest, AHeaderHasItsTime) {
  service_.accept_proxy_wait = std::chrono::milliseconds(50);
  Start();
  Connect();
  SendText(client_, "PROXY");
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kProxyHeadersLate), 1u);
  ExpectNothingLeft();
}

TEST_F(ProxyGateTest, ThoseThatWaitCountInMaxSessions) {
  service_.max_sessions = 1;
  Start();
  const UniqueFd first = ConnectTo(client_address_, kBalancer);
  EXPECT_TRUE(Until([&] { return AtClient(kProxyHeadersWaiting) == 1; }));
  EXPECT_EQ(client_shared_->limit.taken(), 1u);
  Connect();
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kSessionsOverLimit), 1u);
}

TEST_F(ProxyGateTest, ADrainedServiceTakesNone) {
  Start();
  Connect();
  EXPECT_TRUE(Until([&] { return AtClient(kProxyHeadersWaiting) == 1; }));
  client_shared_->draining = true;
  SendText(client_, kHeader);
  EXPECT_TRUE(IsReset());
  client_ = ConnectTo(client_address_, kBalancer);
  at_client_ = {};
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kSessionsDrained), 2u);
}

TEST_F(ProxyGateTest, TheEndResetsThoseThatWait) {
  Start();
  Connect();
  EXPECT_TRUE(Until([&] { return AtClient(kProxyHeadersWaiting) == 1; }));
  acceptor_->Stop();
  EXPECT_TRUE(IsReset());
  ExpectNothingLeft();
}

}  // namespace
}  // namespace funnel::tcpd
