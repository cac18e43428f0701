// Peer and its parts alone; in a whole node they are tested by association_test.cc,
// carrier_test.cc, failback_test.cc and last_address_test.cc.
#include "tests/unit/sctpd/association/peer_harness.h"

namespace funnel::sctpd {
namespace {

constexpr const char* kDirect = "192.0.2.2 (direct)";
constexpr const char* kUdp = "192.0.2.2:9899 (udp)";

class PeerTest : public PeerParts {};

TEST_F(PeerTest, CandidatesAreTriedInParallelAndTheFirstUpWins) {
  Resolve();
  EXPECT_EQ(host.connects, std::vector<std::string>{kDirect});
  EXPECT_EQ(host.woken, now + shared.config.node.sctp.attempt_delay);
  now += shared.config.node.sctp.attempt_delay;
  peer->Consider();
  EXPECT_EQ(host.connects, (std::vector<std::string>{kDirect, kUdp}));
  EXPECT_EQ(peer->begun().All().size(), 2u);
  Association& second = Up(2);
  EXPECT_EQ(host.ended, std::vector<std::string>{"another candidate was faster"});
  EXPECT_EQ(peer->dialling().verifying(), &second);
  EXPECT_EQ(peer->addresses().direct().why_not(), "no answer");
  Serve(second);
  EXPECT_EQ(peer->up(), &second);
  EXPECT_TRUE(peer->begun().All().empty());
  EXPECT_TRUE(peer->IsConsistent());
}

TEST_F(PeerTest, OnDemandIsDialledWhileSomebodyWaits) {
  config.when = config::When::kOnDemand;
  Make();
  peer->Consider();
  EXPECT_EQ(resolver.questions, 0);
  peer->AddWant();
  EXPECT_EQ(resolver.questions, 1);
  peer->RemoveWant();
  EXPECT_EQ(peer->dialling().dialer().state(), Dialer::State::kIdle);
  resolver.Answer();
  EXPECT_TRUE(host.connects.empty());
}

TEST_F(PeerTest, WhatCannotBeBegunFailsTheRound) {
  host.refuses = "no socket fits";
  Resolve();
  EXPECT_EQ(peer->dialling().reason(), "no socket fits");
  EXPECT_EQ(peer->addresses().direct().why_not(), "no socket fits");
  EXPECT_TRUE(peer->addresses().direct().IsWorthATry(now)) << "that costs nothing";
  EXPECT_EQ(peer->dialling().dialer().state(), Dialer::State::kWaiting);
  EXPECT_EQ(counters[kConnectsFailed].value(), 2u);
}

TEST_F(PeerTest, AnswerToAnEarlierQuestionIsNotHeard) {
  peer->Consider();
  auto earlier = std::exchange(resolver.waiting, {});
  peer->RemoveWant();
  peer->Stop("");
  peer->Configure(config);
  peer->Consider();
  ASSERT_EQ(resolver.waiting.size(), 1u);
  for (auto& answer : earlier) answer();
  EXPECT_TRUE(host.connects.empty());
  resolver.Answer();
  EXPECT_EQ(host.connects.size(), 1u);
}

TEST_F(PeerTest, AnswerForOneThatHasGoneIsNotHeard) {
  peer->Consider();
  peer.reset();
  EXPECT_TRUE(resolver.Answer());
  EXPECT_TRUE(host.connects.empty());
}

TEST_F(PeerTest, OneThatCouldNotProveItselfWaitsAsLongAsSaid) {
  Resolve();
  Association& association = Up(1);
  host.End(association, "another peer answered", {.at_least = 7s});
  EXPECT_EQ(peer->dialling().dialer().due(), now + 7s);
  EXPECT_EQ(peer->dialling().reason(), "another peer answered");
}

TEST_F(PeerTest, BothEndsKeepWhatTheLowerNodeBegan) {
  shared.config.node.name = "a.example";
  Resolve();
  Association& ours = Up(1);
  Serve(ours);
  Association theirs(AssociationId(9), ours.address, now);
  EXPECT_FALSE(peer->Supersede(theirs, 1, "b.example"));
  EXPECT_EQ(theirs.state(), AssociationState::kEnding);
  // Much later, the same process has another reason.
  now += 1min;
  Association later(AssociationId(10), ours.address, now);
  EXPECT_TRUE(peer->Supersede(later, 1, "b.example"));
  EXPECT_TRUE(ours.EndsBy(Association::Cause::kReplaced));
}

TEST_F(PeerTest, PathThatServesIsRemembered) {
  UpByUdp();
  const RememberedPath* remembered = shared.paths.Find("b");
  ASSERT_NE(remembered, nullptr);
  EXPECT_EQ(PathText(remembered->candidate.path()), kUdp);
  EXPECT_GT(remembered->direct_from_unix, 0) << "direct SCTP did not answer";
  Make();
  EXPECT_FALSE(peer->addresses().direct().IsWorthATry(now));
  EXPECT_EQ(peer->addresses().direct().why_not(), "it did not answer before the last start");
}

class FailbackPartTest : public PeerParts {
 protected:
  // By now direct SCTP may be tried in parallel with UDP.
  Association& BeginBeside() {
    Association& up = UpByUdp();
    now = *peer->failback().due();
    host.idle_since = now - shared.config.node.sctp.switch_idle;
    peer->Consider();
    EXPECT_EQ(peer->failback().state(), Failback::State::kResolving);
    resolver.Answer();
    EXPECT_EQ(host.connects.back(), kDirect);
    return up;
  }
};

TEST_F(FailbackPartTest, WaitsForAnIdleMoment) {
  UpByUdp();
  ASSERT_TRUE(peer->failback().due());
  now = *peer->failback().due();
  peer->Consider();
  EXPECT_EQ(host.woken, now + shared.config.node.sctp.switch_idle) << "it is in use";
  host.idle_since = now - 1ms;
  peer->Consider();
  EXPECT_EQ(host.woken, *host.idle_since + shared.config.node.sctp.switch_idle);
  EXPECT_EQ(counters[kReturnsTried].value(), 0u);
}

TEST_F(FailbackPartTest, VerifiedOneTakesOverInOrder) {
  Association& old = BeginBeside();
  Association& fresh = Up(3);
  EXPECT_EQ(peer->failback().state(), Failback::State::kVerifying);
  EXPECT_EQ(peer->up(), &old);
  Serve(fresh);
  EXPECT_EQ(peer->up(), &fresh);
  EXPECT_TRUE(old.EndsBy(Association::Cause::kReplaced));
  EXPECT_FALSE(fresh.replaces());
  EXPECT_EQ(peer->failback().state(), Failback::State::kOff) << "nothing is better";
  EXPECT_EQ(counters[kAssociationsSwitched].value(), 1u);
}

TEST_F(FailbackPartTest, OneInUseAgainIsNotReplaced) {
  Association& old = BeginBeside();
  Association& fresh = Up(3);
  host.idle_since = std::nullopt;
  EXPECT_FALSE(peer->failback().MayTakeOver());
  EXPECT_FALSE(peer->Supersede(fresh, 1, "b.example"));
  EXPECT_EQ(fresh.state(), AssociationState::kEnding);
  EXPECT_EQ(peer->up(), &old);
  EXPECT_EQ(peer->failback().state(), Failback::State::kWaiting);
}

TEST_F(FailbackPartTest, OneBesideSucceedsWhatEndsByItself) {
  Association& old = BeginBeside();
  Association& fresh = Up(3);
  EXPECT_TRUE(peer->OnLosing(old, sctp::DownReason::kShutdown));
  EXPECT_FALSE(fresh.replaces());
  EXPECT_EQ(peer->dialling().verifying(), &fresh);
  EXPECT_EQ(peer->failback().state(), Failback::State::kOff);
}

TEST(DirectSctp, IsLeftOutUntilItsTime) {
  DirectSctp direct;
  const TimePoint now{1000s};
  EXPECT_TRUE(direct.IsWorthATry(now));
  direct.OnFailed("no answer", now + 10s);
  EXPECT_FALSE(direct.IsWorthATry(now + 9s));
  EXPECT_TRUE(direct.IsWorthATry(now + 10s));
  EXPECT_EQ(direct.why_not(), "no answer");
  direct.OnNotBegun("no socket");
  EXPECT_EQ(direct.from(), now + 10s);
  direct.OnServes();
  EXPECT_TRUE(direct.IsWorthATry(now));
  EXPECT_TRUE(direct.why_not().empty());
}

class PeerAddressesTest : public PeerParts {
 protected:
  static sctp::TransportAddress At(const std::string& host) {
    return *sctp::TransportAddress::Parse(host, 9899);
  }
  PeerAddresses addresses{shared};
};

TEST_F(PeerAddressesTest, HostsAreThoseOfTheNamesAndWhereItWasVerified) {
  const auto used = At("198.51.100.1");
  addresses.SetHosts({{.address = At("192.0.2.1")}}, &used);
  EXPECT_EQ(addresses.hosts().size(), 2u);
  EXPECT_FALSE(addresses.AddHost(At("192.0.2.1"), /*stays=*/true)) << "ports do not count";
  EXPECT_TRUE(addresses.AddHost(At("192.0.2.7"), /*stays=*/true));
  EXPECT_EQ(addresses.hosts().size(), 3u);
  // A peer that only connects to us is looked for where it was last.
  EXPECT_TRUE(addresses.AddHost(At("192.0.2.8"), /*stays=*/false));
  EXPECT_EQ(addresses.hosts().size(), 1u);
}

TEST_F(PeerAddressesTest, HostsOfOnePeerAreLimited) {
  for (int i = 1; i <= 17; ++i)
    EXPECT_TRUE(addresses.AddHost(At("192.0.2." + std::to_string(i)), /*stays=*/true));
  EXPECT_EQ(addresses.hosts().size(), 1u);
}

TEST_F(PeerAddressesTest, DirectIsLeftOutNoLongerThanConfigured) {
  const Duration retry = shared.config.node.sctp.direct_retry;
  addresses.OnDirectFailed("a clock that was wrong", retry * 100);
  EXPECT_EQ(addresses.direct().from(), now + retry);
  addresses.OnDirectFailed("before the last start", 1s);
  EXPECT_EQ(addresses.direct().from(), now + 1s);
  EXPECT_FALSE(addresses.MayTryDirect());
  now += 1s;
  EXPECT_TRUE(addresses.MayTryDirect());
}

}  // namespace
}  // namespace funnel::sctpd
