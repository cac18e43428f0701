// A dialer with several backends.
#include "tests/unit/tcpd/silent.h"
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using DialerBackendsTest = TunnelTest;

// Nobody listens on the first one.
TEST_F(DialerBackendsTest, GoesOnToTheNextBackendWhereOneRefuses) {
  service_.connect_address.insert(service_.connect_address.begin(),
                                  *config::Backend::Parse("127.0.0.9:1 weight=9"));
  Start();
  ConnectBoth();
  SendText(client_, "x");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "x"));
  EXPECT_EQ(AtServer(kBackendsPassedOver), 1u);
  EXPECT_EQ(AtServer(kConnectFailed), 0u);
  EXPECT_EQ(AtServer(kBackendFailingSince), 0u);
}

TEST_F(DialerBackendsTest, ASilentBackendHasOnlyItsShareOfTheTime) {
  const std::uint16_t port = BoundAddress(backend_listener_.get()).port();
  const Silent silent("127.0.0.2", port);
  service_.connect_address.insert(
      service_.connect_address.begin(),
      *config::Backend::Parse("127.0.0.2:" + std::to_string(port) + " weight=9"));
  service_.connect_timeout = std::chrono::seconds(2);
  Start();
  ConnectBoth();
  SendText(client_, "x");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "x"));
  EXPECT_EQ(AtServer(kBackendsPassedOver), 1u);
  EXPECT_EQ(AtServer(kConnectTimeouts), 0u);
}

TEST_F(DialerBackendsTest, WhereAllRefuseTheClientIsReset) {
  service_.connect_address = {*config::Backend::Parse("127.0.0.9:1"),
                              *config::Backend::Parse("127.0.0.9:2"),
                              *config::Backend::Parse("unix:/nowhere")};
  service_.down_after = 1;
  Start();
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtServer(kBackendsPassedOver), 2u);
  EXPECT_EQ(AtServer(kConnectFailed), 1u);
  EXPECT_EQ(AtServer(kBackendsDown), 3u);
  EXPECT_EQ(AtServer(kBackendsWentDown), 3u);
}

TEST_F(DialerBackendsTest, ABackendThatIsDownIsNotAskedUntilItsTimeIsOver) {
  service_.connect_address.insert(service_.connect_address.begin(),
                                  *config::Backend::Parse("127.0.0.9:1 weight=9"));
  service_.down_after = 1;
  service_.down_time = std::chrono::hours(1);
  Start();
  for (int i = 0; i < 5; ++i) {
    at_backend_ = {};
    ConnectBoth();
    SendText(client_, "x");
    EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "x"));
  }
  EXPECT_EQ(AtServer(kBackendsPassedOver), 1u);
  EXPECT_EQ(AtServer(kBackendsDown), 1u);
  // The only one left takes all, and they are counted as its own.
  std::uint64_t sessions = 0;
  server_shared_->backends.Visit(Now(), [&](const auto& view) { sessions += view.sessions; });
  EXPECT_EQ(sessions, server_pump_->size());
}

TEST_F(DialerBackendsTest, AFullUnixBackendHoldsUpNoOther) {
  const std::string full = ::testing::TempDir() + "/tcpd-full.sock";
  unlink(full.c_str());
  const UniqueFd listener = ListenUnix(full);
  service_.connect_address = {*config::Backend::Parse("unix:" + full)};
  Start();
  std::vector<UniqueFd> waiting;
  for (int i = 0; i < 8; ++i) waiting.push_back(ConnectTo(client_address_));
  EXPECT_TRUE(Until([&] { return server_pump_->size() == waiting.size(); }));
  server_shared_->service.connect_address = {
      *config::Backend::Parse(BoundAddress(backend_listener_.get()).text())};
  dialer_->OnReload();
  ConnectBoth();
  SendText(client_, "x");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "x"));
  unlink(full.c_str());
}

}  // namespace
}  // namespace funnel::tcpd
