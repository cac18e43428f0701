// Direct SCTP and UDP in parallel, and what is remembered about them.
#include <ctime>

#include "tests/unit/sctpd/association/carrier_nodes.h"

namespace funnel::sctpd {
namespace {

TEST_F(CarrierTest, DirectWinsWhereItAnswers) {
  MakeAuto();
  Start();
  VerifyAll();
  EXPECT_EQ(used_path(), kDirectB);
  EXPECT_EQ(tried(), std::string(kDirectB) + ' ');
  EXPECT_EQ(peer().addresses().direct().why_not(), "");
  Step(10s);
  EXPECT_EQ(a->Count(kConnects), 1u);
}

TEST_F(CarrierTest, UdpBeginsBesideASilentDirectAndTheLoserIsWithdrawn) {
  MakeAuto();
  network.silent = {kDirectB};
  Start();
  Step(299ms);
  EXPECT_EQ(tried(), std::string(kDirectB) + ' ');
  Step(1ms);
  EXPECT_EQ(tried(), std::string(kDirectB) + ' ' + kUdpB + ' ');
  VerifyAll();
  EXPECT_EQ(used_path(), kUdpB);
  EXPECT_EQ(a->Count(kAttemptsWithdrawn), 1u);
  EXPECT_EQ(a->Count(kConnectsFailed), 0u);
  EXPECT_EQ(a->associations->associations().size(), 1u);
  EXPECT_EQ(peer().addresses().direct().why_not(), "no answer");
}

TEST_F(CarrierTest, UdpBeginsAtOnceWhereDirectCannot) {
  MakeAuto();
  a->engine->direct = false;
  Start();
  VerifyAll();
  EXPECT_EQ(used_path(), kUdpB);
  EXPECT_EQ(peer().addresses().direct().why_not(), "no direct SCTP");
  // That costs nothing, so it is not remembered.
  EXPECT_EQ(a->shared.paths.Find("b")->direct_from_unix, 0);
}

TEST_F(CarrierTest, LateDirectStillWins) {
  MakeAuto();
  network.silent = {kDirectB, kUdpB};
  Start();
  Step(300ms);
  ASSERT_EQ(a->associations->associations().size(), 2u);
  // The first one's answer comes at last.
  a->associations->OnUp(a->engine->connects[0].first,
                        {.peer = a->engine->connects[0].second.address,
                         .carrier = sctp::Carrier::kDirect,
                         .streams = 128});
  Settle();
  EXPECT_EQ(a->associations->associations().size(), 1u);
  EXPECT_EQ(a->only_association().carrier, sctp::Carrier::kDirect);
  EXPECT_EQ(a->Count(kAttemptsWithdrawn), 1u);
}

TEST_F(CarrierTest, SilenceOfAllWaysEndsTheRound) {
  MakeAuto();
  network.silent = {kDirectB, kUdpB};
  Start();
  Step(300ms);
  Step(4700ms);
  EXPECT_EQ(a->Count(kConnectsFailed), 1u);
  Step(300ms);
  EXPECT_EQ(a->Count(kConnectsFailed), 2u);
  EXPECT_EQ(peer().dialling().dialer().state(), Dialer::State::kWaiting);
  EXPECT_EQ(peer().dialling().reason(), "no answer in time");
  // Direct SCTP is left out for a while: it does not work from here.
  Step(50ms);
  EXPECT_EQ(tried(), std::string(kDirectB) + ' ' + kUdpB + ' ' + kUdpB + ' ');
}

TEST_F(CarrierTest, RestartRemembersThatDirectDoesNotAnswer) {
  MakeAuto();
  network.silent = {kDirectB};
  Start();
  Step(300ms);
  VerifyAll();
  EXPECT_GE(a->saves, 1);
  PathMemory kept = a->shared.paths;
  ASSERT_NE(kept.Find("b"), nullptr);
  EXPECT_NEAR(static_cast<double>(kept.Find("b")->direct_from_unix - std::time(nullptr)), 600, 2);
  MakeAuto(kept);
  Start();
  EXPECT_EQ(tried(), std::string(kUdpB) + ' ');
  EXPECT_EQ(peer().addresses().direct().why_not(), "it did not answer before the last start");
}

TEST_F(CarrierTest, WhatIsRememberedFromAWrongClockEnds) {
  PathMemory kept;
  kept.Set("b", {.candidate = {}, .direct_from_unix = std::time(nullptr) + 1000000});
  MakeAuto(kept);
  EXPECT_EQ(peer().addresses().direct().from(), now + 10min);
}

TEST_F(CarrierTest, EngineThatMovesIsOfferedAllWaysAndFollowed) {
  MakeAuto();
  network.silent = {kDirectB};
  a->engine->moves = true;
  Start();
  Step(300ms);
  VerifyAll();

  AssociationId id = peer().up()->id();
  auto& offered = a->engine->offered.at(id);
  ASSERT_EQ(offered.size(), 2u);
  EXPECT_EQ(PathText(offered[0]), kDirectB);
  EXPECT_EQ(PathText(offered[1]), kUdpB);

  network.silent.clear();
  a->engine->MoveTo(id, offered[0]);
  Settle();
  EXPECT_EQ(used_path(), kDirectB);
  EXPECT_EQ(peer().addresses().direct().why_not(), "");
  EXPECT_EQ(a->shared.paths.Find("b")->candidate.carrier, sctp::Carrier::kDirect);
  EXPECT_EQ(a->shared.paths.Find("b")->direct_from_unix, 0);

  a->engine->MoveTo(id, a->engine->offered.at(id)[1]);
  Settle();
  EXPECT_EQ(used_path(), kUdpB);
  EXPECT_EQ(peer().addresses().direct().why_not(), "it fell silent");
  // The engine does by itself what would need a new association.
  Step(20min);
  EXPECT_EQ(a->Count(kReturnsTried), 0u);
}

TEST_F(CarrierTest, UnreachableFirstAddressCostsItsHeadStartOnly) {
  MakeAuto();
  MakeOther();
  config_a.peers[0].connect = {{.host = "192.0.2.2", .port = 0}, {.host = "192.0.2.3", .port = 0}};
  a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now);
  a->engine->direct = true;
  network.silent = {kDirectB, kUdpB};
  Start();
  Step(300ms);
  Step(300ms);
  VerifyAll();
  EXPECT_EQ(used_path(), kDirectOther);
}

}  // namespace
}  // namespace funnel::sctpd
