// Clients that connect to a forward's port and speak no SOCKS.
#include "funnel-tcpd/socks/forwards.h"

#include <fcntl.h>

#include "funnel-tcpd/socks/socks_gate.h"
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

class ForwardsTest : public TunnelTest {
 protected:
  void SetUp() override {
    TunnelTest::SetUp();
    service_.protocol = config::Protocol::kSocks;
    service_.connect_address.clear();
    service_.connect_networks = {*config::Network::Parse("127.0.0.0/8")};
    service_.connect_ports = {{1, 65535}};
  }
  void StartForwards() {
    Start();
    forwards_.emplace(*client_shared_, [this](Connection connection) {
      if (!client_pump_->Open(connection)) refused_.push_back(std::move(connection));
    });
  }
  [[nodiscard]] std::uint16_t BackendPort() { return BoundAddress(backend_listener_.get()).port(); }
  // Clients connect to it from now on.
  Result<service::ForwardId> Add(std::uint16_t port) {
    UniqueFd listening = Listen("127.0.0.1");
    client_address_ = BoundAddress(listening.get());
    return forwards_->Add(
        {.listening = std::move(listening),
         .target = {"127.0.0.1", port},
         .uid = 1000,
         .on_stopped = [this](std::string_view why) { stopped_.emplace_back(why); }});
  }
  [[nodiscard]] bool IsReset() { return ReadsUntil(client_, at_client_, ReadState::kReset); }

  std::optional<Forwards> forwards_;
  std::vector<std::string> stopped_;
};

TEST_F(ForwardsTest, AClientIsConnectedToTheTargetAndSeesNothingElse) {
  StartForwards();
  ASSERT_TRUE(Add(BackendPort()));
  ConnectBoth();
  SendText(client_, "question");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "question"));
  SendText(backend_end_, "answer");
  EXPECT_TRUE(ReadsText(client_, at_client_, "answer"));
  shutdown(client_.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kEnd));
  backend_end_.reset();
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kEnd));
  EXPECT_EQ(at_client_.text, "answer");
}

TEST_F(ForwardsTest, TheTargetMaySpeakFirst) {
  StartForwards();
  ASSERT_TRUE(Add(BackendPort()));
  ConnectBoth();
  SendText(backend_end_, "220 ready");
  EXPECT_TRUE(ReadsText(client_, at_client_, "220 ready"));
}

TEST_F(ForwardsTest, WhatTheFarEndRefusesIsReset) {
  service_.connect_ports = {{1, 1}};
  StartForwards();
  ASSERT_TRUE(Add(BackendPort()));
  client_ = ConnectTo(client_address_);
  SendText(client_, "question");
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(at_client_.text, "");
  EXPECT_EQ(AtServer(kTargetsNotAllowed), 1u);
  EXPECT_EQ(AtClient(kTargetsNotConnected), 1u);
  EXPECT_TRUE(Until([&] { return client_shared_->limit.taken() == 0; }));
}

TEST_F(ForwardsTest, WhoWaitsInVainForAChannelIsResetWithoutAReply) {
  Start();
  forwards_.emplace(*client_shared_, [](Connection connection) {
    TurnAway(std::move(connection), wire::EndCode::kTimeout);
  });
  ASSERT_TRUE(Add(BackendPort()));
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(at_client_.text, "");
}

TEST_F(ForwardsTest, ResetsWhomClientAllowDoesNotHave) {
  service_.client_allow = {*config::Network::Parse("192.0.2.0/24")};
  StartForwards();
  ASSERT_TRUE(Add(BackendPort()));
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(IsReset());
  EXPECT_EQ(AtClient(kClientsTurnedAway), 1u);
}

TEST_F(ForwardsTest, LimitsOfAClientHoldForItsForwardedConnectionsToo) {
  service_.max_sessions_per_client = 1;
  StartForwards();
  ASSERT_TRUE(Add(BackendPort()));
  ConnectBoth();
  UniqueFd second = ConnectTo(client_address_);
  Reader at_second;
  EXPECT_TRUE(ReadsUntil(second, at_second, ReadState::kReset));
  EXPECT_EQ(AtClient(kClientSessionsOverLimit), 1u);
  SendText(client_, "still there");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "still there"));
}

// A balancer has no business at a port that somebody opened for themselves.
TEST_F(ForwardsTest, NobodyHasToSendAProxyHeader) {
  service_.accept_proxy_from = {*config::Network::Parse("127.0.0.0/8")};
  StartForwards();
  ASSERT_TRUE(Add(BackendPort()));
  ConnectBoth();
  SendText(client_, "question");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "question"));
}

TEST_F(ForwardsTest, RefusesMoreThanMaxForwards) {
  service_.max_forwards = 1;
  StartForwards();
  const auto first = Add(BackendPort());
  ASSERT_TRUE(first);
  const auto second = Add(BackendPort());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "there are as many forwards as max-forwards allows (1)");
  EXPECT_EQ(AtClient(kForwardsOverLimit), 1u);
  EXPECT_EQ(AtClient(kForwards), 1u);
  forwards_->End(*first);
  EXPECT_TRUE(Add(BackendPort()));
  EXPECT_EQ(AtClient(kForwardsTotal), 2u);
}

TEST_F(ForwardsTest, OneThatHasEndedTakesNobodyAndLeavesConnectionsAlone) {
  StartForwards();
  const auto id = Add(BackendPort());
  ASSERT_TRUE(id);
  EXPECT_FALSE(forwards_->IdleSince());
  ConnectBoth();
  forwards_->End(*id);
  EXPECT_TRUE(forwards_->IdleSince());
  EXPECT_FALSE(ConnectTo(client_address_));
  SendText(client_, "question");
  EXPECT_TRUE(ReadsText(backend_end_, at_backend_, "question"));
  EXPECT_TRUE(stopped_.empty());
  forwards_->End(*id);
}

TEST_F(ForwardsTest, TellsAskersWhenAllEnd) {
  StartForwards();
  ASSERT_TRUE(Add(BackendPort()));
  ASSERT_TRUE(Add(BackendPort()));
  forwards_->Stop("the service stops");
  EXPECT_EQ(stopped_, (std::vector<std::string>{"the service stops", "the service stops"}));
  EXPECT_EQ(AtClient(kForwards), 0u);
  EXPECT_FALSE(ConnectTo(client_address_));
}

TEST_F(ForwardsTest, ADrainedServiceTakesNoForwardAndNoForwardedConnection) {
  StartForwards();
  ASSERT_TRUE(Add(BackendPort()));
  client_shared_->draining = true;
  client_ = ConnectTo(client_address_);
  EXPECT_TRUE(IsReset());
  const auto late = Add(BackendPort());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().message, "the service is drained, and takes no connections");
}

TEST_F(ForwardsTest, ShowsWhatItIsAndCountsWhatItTakes) {
  StartForwards();
  ASSERT_TRUE(Add(BackendPort()));
  ConnectBoth();
  int seen = 0;
  forwards_->Visit([&](const service::ForwardView& view) {
    ++seen;
    EXPECT_EQ(view.listen, client_address_.text());
    EXPECT_EQ(view.target, (wire::Target{"127.0.0.1", BackendPort()}));
    EXPECT_EQ(view.uid, 1000u);
    EXPECT_EQ(view.connections, 1u);
  });
  EXPECT_EQ(seen, 1);
}

// The sender's flags are those of the socket itself.
TEST_F(ForwardsTest, NeverWaitsAtASocketThatCameBlocking) {
  StartForwards();
  UniqueFd listening = Listen("127.0.0.1");
  const UniqueFd senders(dup(listening.get()));
  ASSERT_EQ(fcntl(listening.get(), F_SETFL, 0), 0);
  ASSERT_TRUE(forwards_->Add({.listening = std::move(listening), .target = {"www", 80}}));
  EXPECT_NE(fcntl(senders.get(), F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace funnel::tcpd
