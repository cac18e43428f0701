#include "tests/unit/net/fake_names.h"
#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

class BackendTest : public UdpEdgeTest {
 protected:
  void SetUp() override {
    UdpEdgeTest::SetUp();
    port_ = far_service_.connect_address[0].endpoint.port;
  }
  void TearDown() override {
    net::SetFakeName("backend.test", {});
    UdpEdgeTest::TearDown();
  }
  void Name(std::vector<std::string> addresses) {
    net::SetFakeName("backend.test", std::move(addresses));
    far_service_.connect_address[0].endpoint.host = "backend.test";
  }
  void StopBackend() {
    backend_watch_.reset();
    backend_.reset();
  }
  void StartBackend(const std::string& host = "127.0.0.1") {
    backend_ = Bound(host, port_);
    backend_watch_ = *loop_->AddIo(backend_.get(), EPOLLIN, [this](std::uint32_t) { OnBackend(); });
  }
  // Asks until COUNT answers have come.
  [[nodiscard]] bool AskUntilAnswered(Client& client, std::size_t count) {
    return Until([&] {
      SendTo(client.fd.get(), ports_[0], AsBytes("again"));
      client.Take();
      return client.answers.size() >= count;
    });
  }

  std::uint16_t port_ = 0;
};

TEST_F(BackendTest, TheNextAddressTakesWhatTheFirstRefuses) {
  Name({"::1", "127.0.0.2", "127.0.0.1"});
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first, "x");
  EXPECT_EQ(Far(kBackendRefused), 2u);
  EXPECT_EQ(Far(kConnectFailed), 0u);
  // The address that worked comes first.
  Client other;
  SendTo(other.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(other, 1));
  EXPECT_EQ(Far(kBackendRefused), 2u);
}

TEST_F(BackendTest, AnAddressWithoutAWayThereIsPassedBy) {
  // An address of all hosts, for which the socket lacks the permission.
  Name({"255.255.255.255", "127.0.0.1"});
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
}

TEST_F(BackendTest, WhereAllRefuseTheNameIsLookedUpAgain) {
  Name({"127.0.0.2", "127.0.0.3"});
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kConnectFailed) == 1; }));
  EXPECT_NE(Far(kBackendFailingSince), 0u);
  net::SetFakeName("backend.test", {"127.0.0.1"});
  EXPECT_TRUE(AskUntilAnswered(client, 1));
  EXPECT_EQ(Far(kBackendFailingSince), 0u);
}

TEST_F(BackendTest, TheNextBackendTakesWhatTheFirstRefuses) {
  far_service_.connect_address.insert(far_service_.connect_address.begin(),
                                      *config::Backend::Parse("127.0.0.9:1 weight=9"));
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first, "x");
  EXPECT_EQ(Far(kBackendsPassedOver), 1u);
  EXPECT_EQ(Far(kConnectFailed), 0u);
  EXPECT_EQ(Far(kBackendFailingSince), 0u);
  // The flow stays where it was answered.
  SendTo(client.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(client, 2));
  EXPECT_EQ(Far(kBackendsPassedOver), 1u);
  EXPECT_EQ(Far(kFlowsTotal), 1u);
}

TEST_F(BackendTest, OneThatIsDownGetsNoFlows) {
  far_service_.connect_address.insert(far_service_.connect_address.begin(),
                                      *config::Backend::Parse("127.0.0.9:1 weight=9"));
  far_service_.down_after = 2;
  far_service_.down_time = std::chrono::hours(1);
  Start();
  for (int i = 0; i < 6; ++i) {
    Client client;
    SendTo(client.fd.get(), ports_[0], AsBytes("x"));
    ASSERT_TRUE(UntilAnswered(client, 1));
  }
  EXPECT_EQ(Far(kBackendsPassedOver), 2u);
  EXPECT_EQ(Far(kBackendsDown), 1u);
  EXPECT_EQ(Far(kBackendsWentDown), 1u);
}

TEST_F(BackendTest, WhereAllBackendsRefuseTheFlowEnds) {
  far_service_.connect_address = {*config::Backend::Parse("127.0.0.9:1"),
                                  *config::Backend::Parse("127.0.0.9:2")};
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kConnectFailed) == 1; }));
  EXPECT_EQ(Far(kBackendsPassedOver), 1u);
  EXPECT_NE(Far(kBackendFailingSince), 0u);
}

TEST_F(BackendTest, AFlowLeavesABackendThatAReloadRemoved) {
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  UniqueFd former = std::move(backend_);
  backend_watch_.reset();
  StartBackend("127.0.0.2");
  asked_.clear();
  far_service_.connect_address[0].endpoint.host = "127.0.0.2";
  far_app_->OnReload(far_service_);
  SendTo(client.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(client, 2));
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_EQ(Far(kFlowsTotal), 1u);
}

TEST_F(BackendTest, AFlowInUseMovesWithTheName) {
  far_service_.resolve_interval = milliseconds(1);
  Name({"127.0.0.1"});
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  // The former backend still runs, but gets no more questions.
  UniqueFd former = std::move(backend_);
  backend_watch_.reset();
  StartBackend("127.0.0.2");
  asked_.clear();
  net::SetFakeName("backend.test", {"127.0.0.2"});
  ASSERT_TRUE(AskUntilAnswered(client, 2));
  EXPECT_EQ(Far(kBackendRefused), 0u);
  EXPECT_EQ(Far(kFlowsTotal), 1u);
}

TEST_F(BackendTest, ABackendThatRefusesIsReportedUntilItAnswers) {
  Start();
  EXPECT_EQ(Far(kBackendFailingSince), 0u);
  StopBackend();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kBackendRefused) == 1 && Far(kConnectFailed) == 1; }));
  EXPECT_NE(Far(kBackendFailingSince), 0u);
  Settle();  // the near side has learnt of it
  StartBackend();
  SendTo(client.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(Far(kBackendFailingSince), 0u);
}

TEST_F(BackendTest, AnswersFromElsewhereAreCountedAndDropped) {
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  UniqueFd other_port = Bound("127.0.0.1"), other_address = Bound("127.0.0.9", port_);
  SendTo(other_port.get(), asked_[0].second, AsBytes("port"));
  SendTo(other_address.get(), asked_[0].second, AsBytes("address"));
  SendTo(backend_.get(), asked_[0].second, AsBytes("right"));
  ASSERT_TRUE(UntilAnswered(client, 2));
  EXPECT_EQ(client.answers[1].first, "right");
  EXPECT_EQ(Far(kAnswersFromElsewhere), 2u);
}

TEST_F(BackendTest, WhatComesBeforeTheAddressIsKnownWaits) {
  Name({"127.0.0.1"});
  Start();
  Client client;
  for (const char* text : {"1", "2", "3"}) SendTo(client.fd.get(), ports_[0], AsBytes(text));
  ASSERT_TRUE(UntilAnswered(client, 3));
}

// suppress-resends: none of these is on its way any more, whatever resend-window says.
class ResendTest : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    near_service_.suppress_resends = true;
    near_service_.lifetime = far_service_.lifetime = near_service_.resend_window = seconds(60);
  }
};

TEST_F(ResendTest, AResendPassesAfterTheBackendRefused) {
  Start();
  StopBackend();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kConnectFailed) == 1; }));
  Settle();
  StartBackend();
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(Near(kResendsSuppressed), 0u);
}

TEST_F(ResendTest, AResendPassesAfterTheEndOfItsChannel) {
  answering_ = false;
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return asked_.size() == 1; }));
  sctpd_->Stop();
  ASSERT_TRUE(Until([&] { return near_->channel_count() == 0 && far_->channel_count() == 0; }));
  sctpd_->Start();
  ASSERT_TRUE(UntilUp());
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return asked_.size() == 2; }));
}

TEST_F(ResendTest, AResendPassesAfterTheFirstWasDroppedHere) {
  near_service_.connect_wait = milliseconds(20);
  StartFar();
  sctpd_->link_up = false;
  StartNear({"127.0.0.1"});
  Settle();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  // Only by time: nothing else comes.
  ASSERT_TRUE(Until([&] { return Near(kWaitingDropped) == 1; }));
  sctpd_->link_up = true;
  sctpd_->Stop();
  sctpd_->Start();
  ASSERT_TRUE(UntilUp());
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
}

TEST_F(ResendTest, AResendPassesAfterSomeTime) {
  near_service_.resend_window = milliseconds(1);
  answering_ = false;
  Start();
  Client client;
  ASSERT_TRUE(Until([&] {
    SendTo(client.fd.get(), ports_[0], AsBytes("x"));
    return asked_.size() >= 2;
  }));
}

}  // namespace
}  // namespace funnel::udpd
