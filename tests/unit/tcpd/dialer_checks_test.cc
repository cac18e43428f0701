// What becomes of dials while all backends fail their checks (on-backend-down).
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

class DialerChecksTest : public TunnelTest {
 protected:
  DialerChecksTest() { service_.check = *config::HealthCheck::Parse("connect"); }
  // Each backend's checks say so until they have changed its state.
  void Checked(const Result<>& result) {
    std::vector<service::BackendId> all;
    server_shared_->backends.Visit(Now(), [&](const auto& view) { all.push_back(view.id); });
    for (int i = 0; i < 3; ++i)
      for (const service::BackendId backend : all)
        server_shared_->backend_reports().OnChecked(backend, result, Now());
    dialer_->OnChecked();
  }
  void UseBackend(const std::string& address) {
    server_shared_->service.connect_address = {*config::Backend::Parse(address)};
    dialer_->OnReload();
  }
};

TEST_F(DialerChecksTest, RefusesAtOnce) {
  service_.on_backend_down = config::OnBackendDown::kRefuse;
  Start();
  Checked(Fail("no answer"));
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtServer(kSessionsNoBackend), 1u);
  EXPECT_FALSE(AcceptFrom(backend_listener_.get())) << "it is not even asked";

  Checked({});
  ConnectBoth();
  SendText(client_, "x");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "x"));
}

TEST_F(DialerChecksTest, OneIsAskedAllTheSame) {
  Start();
  Checked(Fail("no answer"));
  ConnectBoth();
  SendText(client_, "x");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "x"));
}

TEST_F(DialerChecksTest, WhomNoneTakesWaitsForOneThatPasses) {
  const std::string works = service_.connect_address[0].endpoint.text();
  service_.connect_address = {*config::Backend::Parse("127.0.0.9:1"),
                              *config::Backend::Parse("127.0.0.9:2")};
  service_.connect_timeout = kDeadline;
  Start();
  Checked(Fail("no answer"));
  client_ = ConnectTo(client_address_);
  SendText(client_, "x");
  EXPECT_TRUE(Until([&] { return AtServer(kBackendsPassedOver) == 1; }));
  Checked(Fail("no answer"));
  EXPECT_EQ(AtServer(kConnectFailed), 0u);
  // A backend that was not checked yet does not fail its checks.
  UseBackend(works);
  backend_end_ = AcceptAtBackend();
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "x"));
  EXPECT_EQ(AtServer(kConnectFailed), 0u);
}

TEST_F(DialerChecksTest, ItWaitsForConnectTimeoutAtMost) {
  service_.connect_address = {*config::Backend::Parse("127.0.0.9:1")};
  service_.connect_timeout = std::chrono::milliseconds(100);
  Start();
  Checked(Fail("no answer"));
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtServer(kConnectTimeouts), 1u);
  EXPECT_EQ(AtServer(kConnectFailed), 0u);
}

TEST_F(DialerChecksTest, AReloadRefusesThoseThatWait) {
  service_.connect_address = {*config::Backend::Parse("127.0.0.9:1")};
  service_.connect_timeout = kDeadline;
  Start();
  Checked(Fail("no answer"));
  client_ = ConnectTo(client_address_);
  std::uint64_t failures = 0;
  const auto count = [&](const auto& view) { failures = view.failures_total; };
  EXPECT_TRUE(Until([&] {
    server_shared_->backends.Visit(Now(), count);
    return failures == 1;
  }));
  server_shared_->service.on_backend_down = config::OnBackendDown::kRefuse;
  dialer_->OnReload();
  EXPECT_EQ(AtServer(kSessionsNoBackend), 1u);
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
}

}  // namespace
}  // namespace funnel::tcpd
