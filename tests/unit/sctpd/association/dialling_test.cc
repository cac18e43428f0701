// Dialling, through the peer that it is a part of; association_test.cc and last_address_test.cc
// test it in a whole node.
#include "funnel-sctpd/association/dialling.h"

#include "tests/unit/sctpd/association/peer_harness.h"

namespace funnel::sctpd {
namespace {

class DiallingTest : public PeerParts {
 protected:
  // A peer that was up at ADDRESS by UDP before the last start.
  void MakeKnown(const std::string& address) {
    shared.paths.Set("b",
                     {.candidate = {.address = *sctp::TransportAddress::Parse(address, 9899)}});
    Make();
  }
  [[nodiscard]] const Dialling& dialling() const { return peer->dialling(); }
  [[nodiscard]] Dialer::State state() const { return dialling().dialer().state(); }
};

TEST_F(DiallingTest, AddressThatWorkedLastIsTriedWhileTheNameIsLookedUp) {
  MakeKnown("192.0.2.9");
  peer->Consider();
  EXPECT_EQ(host.woken, now + shared.config.node.sctp.attempt_delay);
  now += shared.config.node.sctp.attempt_delay - 1ms;
  peer->Consider();
  EXPECT_TRUE(host.connects.empty()) << "an answer may come";
  now += 1ms;
  peer->Consider();
  EXPECT_EQ(host.connects, std::vector<std::string>{"192.0.2.9:9899 (udp)"});
  EXPECT_NE(dialling().reason().find("still being looked up"), std::string::npos);
  EXPECT_EQ(counters[kFallbacks].value(), 1u);
}

TEST_F(DiallingTest, WhatWasTriedInVainWaitsForTheAnswerNextTime) {
  MakeKnown("192.0.2.9");
  peer->Consider();
  now += shared.config.node.sctp.attempt_delay;
  peer->Consider();
  host.End(*host.all.at(AssociationId(1)), "no answer in time");
  EXPECT_EQ(state(), Dialer::State::kWaiting);
  EXPECT_EQ(dialling().reason(), "no answer in time");
  now = *dialling().dialer().due();
  peer->Consider();
  EXPECT_EQ(state(), Dialer::State::kResolving);
  now += 1min;
  peer->Consider();
  EXPECT_EQ(host.connects.size(), 1u);
  EXPECT_EQ(counters[kFallbacks].value(), 1u);
}

TEST_F(DiallingTest, NoFallingBackToACarrierThatIsNotConfigured) {
  config.carrier = config::Carrier::kDirect;
  MakeKnown("192.0.2.9");
  peer->Consider();
  now += 1min;
  peer->Consider();
  EXPECT_TRUE(host.connects.empty());
  EXPECT_EQ(state(), Dialer::State::kResolving);
}

TEST_F(DiallingTest, NameThatLeadsNowhereIsAFailure) {
  resolver.found.clear();
  Resolve();
  EXPECT_EQ(dialling().reason(), "no such name");
  EXPECT_EQ(state(), Dialer::State::kWaiting);
  EXPECT_EQ(counters[kConnectsFailed].value(), 1u);
  EXPECT_TRUE(host.connects.empty());
  EXPECT_EQ(host.published, 0) << "no host is known";
}

TEST_F(DiallingTest, NameThatLeadsNowhereFallsBackAtOnce) {
  resolver.found.clear();
  MakeKnown("192.0.2.9");
  Resolve();
  EXPECT_EQ(host.connects, std::vector<std::string>{"192.0.2.9:9899 (udp)"});
  EXPECT_EQ(dialling().reason().find("no such name; "), 0u);
}

TEST_F(DiallingTest, RecordsWithoutTheConfiguredCarrierAreAFailure) {
  config.carrier = config::Carrier::kDirect;
  resolver.found[0].carrier = sctp::Carrier::kUdp;
  Make();
  Resolve();
  EXPECT_EQ(dialling().reason(), "its SRV records do not offer the configured carrier");
  EXPECT_EQ(state(), Dialer::State::kWaiting);
}

TEST_F(DiallingTest, WhatIsBeingVerifiedIsKeptThoughNobodyWantsItAnyMore) {
  config.when = config::When::kOnDemand;
  Make();
  peer->AddWant();
  resolver.Answer();
  Association& association = Up(1);
  EXPECT_EQ(dialling().verifying(), &association);
  peer->RemoveWant();
  EXPECT_EQ(state(), Dialer::State::kConnected);
  EXPECT_EQ(dialling().verifying(), &association);
  EXPECT_TRUE(dialling().IsConsistent());
}

TEST_F(DiallingTest, OneThatCouldNotBeVerifiedIsNotWaitedForAnyMore) {
  Resolve();
  Association& association = Up(1);
  host.End(association, "wrong principal");
  EXPECT_EQ(dialling().verifying(), nullptr);
  EXPECT_EQ(dialling().reason(), "wrong principal");
  EXPECT_EQ(state(), Dialer::State::kWaiting);
}

TEST_F(DiallingTest, RoundIsOverWhenItsLastAttemptHasFailed) {
  Resolve();
  now += shared.config.node.sctp.attempt_delay;
  peer->Consider();
  host.End(*host.all.at(AssociationId(1)), "refused");
  EXPECT_EQ(state(), Dialer::State::kConnecting) << "the other one may still answer";
  host.End(*host.all.at(AssociationId(2)), "no answer in time");
  EXPECT_EQ(state(), Dialer::State::kWaiting);
  EXPECT_EQ(host.woken, dialling().dialer().due());
  EXPECT_EQ(counters[kConnectsFailed].value(), 2u);
  EXPECT_EQ(peer->addresses().direct().why_not(), "refused");
}

TEST_F(DiallingTest, ReasonGoesWhenThePeerIsServed) {
  host.refuses = "no socket fits";
  Resolve();
  host.refuses.clear();
  now = *dialling().dialer().due();
  Resolve();
  EXPECT_EQ(dialling().reason(), "no socket fits");
  Serve(Up(1));
  EXPECT_TRUE(dialling().reason().empty());
  EXPECT_EQ(state(), Dialer::State::kConnected);
}

TEST_F(DiallingTest, NothingIsBegunAfterStop) {
  peer->Consider();
  peer->Stop("the node ends");
  resolver.Answer();
  EXPECT_TRUE(host.connects.empty());
  EXPECT_EQ(state(), Dialer::State::kIdle);
}

}  // namespace
}  // namespace funnel::sctpd
