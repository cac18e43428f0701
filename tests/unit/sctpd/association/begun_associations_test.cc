// BegunAssociations alone; peer_test.cc tests it within Dialling and Failback.
#include "funnel-sctpd/association/begun_associations.h"

#include "tests/unit/sctpd/association/peer_harness.h"

namespace funnel::sctpd {
namespace {

using Purpose = Association::Purpose;

class BegunAssociationsTest : public PeerParts {
 protected:
  static Candidate At(const std::string& host, sctp::Carrier carrier, std::uint16_t priority = 0) {
    return {.address = *sctp::TransportAddress::Parse(host, 9899),
            .carrier = carrier,
            .priority = priority};
  }
  // Begins both candidates, the first one by direct SCTP.
  void BeginBoth(Purpose purpose = Purpose::kServe) {
    attempts.Begin({At("192.0.2.2", sctp::Carrier::kDirect), At("192.0.2.3", sctp::Carrier::kUdp)},
                   begun.HeadStart(), now);
    EXPECT_FALSE(begun.BeginDue(attempts, purpose));
    EXPECT_EQ(begun.All().size(), 1u) << "the second has to wait for the head start";
    now += begun.HeadStart().usual;
    EXPECT_FALSE(begun.BeginDue(attempts, purpose));
    EXPECT_EQ(begun.All().size(), 2u);
  }
  Association& Number(std::uint64_t id) { return *host.all.at(AssociationId(id)); }

  PeerAddresses addresses{shared};
  BegunAssociations begun{{*peer, shared, host, addresses}};
  Attempts attempts;
};

TEST_F(BegunAssociationsTest, OneBegunForAPurposeHasIt) {
  BeginBoth(Purpose::kReplace);
  EXPECT_TRUE(Number(1).replaces());
  EXPECT_TRUE(Number(2).replaces());
  EXPECT_EQ(Number(1).peer, "b");
  EXPECT_EQ(counters[kConnects].value(), 2u);
}

TEST_F(BegunAssociationsTest, SlowerOnesAreWithdrawn) {
  BeginBoth();
  begun.OnUp(Number(2), attempts);
  EXPECT_TRUE(Number(1).EndsBy(Association::Cause::kWithdrawn));
  EXPECT_EQ(Number(2).state(), AssociationState::kConnecting);
  EXPECT_EQ(counters[kAttemptsWithdrawn].value(), 1u);
  EXPECT_TRUE(attempts.over());
  EXPECT_FALSE(addresses.MayTryDirect()) << "it had its head start";
}

TEST_F(BegunAssociationsTest, DirectThatIsUpIsTriedAgain) {
  addresses.OnDirectFailed("no answer");
  BeginBoth();
  begun.OnUp(Number(1), attempts);
  EXPECT_TRUE(addresses.MayTryDirect());
}

TEST_F(BegunAssociationsTest, WhyOneCouldNotBeBegunIsSaid) {
  host.refuses = "no socket fits";
  attempts.Begin({At("192.0.2.2", sctp::Carrier::kDirect), At("192.0.2.3", sctp::Carrier::kUdp)},
                 begun.HeadStart(), now);
  EXPECT_EQ(begun.BeginDue(attempts, Purpose::kServe), "no socket fits");
  EXPECT_TRUE(attempts.over()) << "the next one follows at once";
  EXPECT_TRUE(begun.All().empty());
  EXPECT_EQ(addresses.direct().why_not(), "no socket fits");
  EXPECT_EQ(counters[kConnectsFailed].value(), 2u);
  EXPECT_EQ(counters[kConnects].value(), 0u);
}

TEST_F(BegunAssociationsTest, AllCanBeWithdrawn) {
  BeginBoth();
  begun.WithdrawAll("its configuration has changed");
  EXPECT_TRUE(Number(1).EndsBy(Association::Cause::kWithdrawn));
  EXPECT_TRUE(Number(2).EndsBy(Association::Cause::kWithdrawn));
  EXPECT_EQ(host.ended, std::vector<std::string>(2, "its configuration has changed"));
}

TEST_F(BegunAssociationsTest, SuccessorReplacesAndIsBeingVerified) {
  BeginBoth(Purpose::kReplace);
  EXPECT_EQ(begun.FindSuccessor(), nullptr) << "none of them is up";
  Number(2).SetState(Association::Verifying{}, "");
  EXPECT_EQ(begun.FindSuccessor(), &Number(2));
  Number(2).dialled->purpose = Purpose::kServe;
  EXPECT_EQ(begun.FindSuccessor(), nullptr);
  Number(1).SetState(Association::Verifying{}, "");
  begun.Remove(Number(1));
  EXPECT_EQ(begun.FindSuccessor(), nullptr) << "it is not one of them any more";
}

TEST_F(BegunAssociationsTest, HeadStartLetsASecondInitGoBeforeAWorseCandidate) {
  shared.config.node.sctp.rto_initial = 700ms;
  shared.config.node.sctp.attempt_delay = 250ms;
  EXPECT_EQ(begun.HeadStart().usual, 250ms);
  EXPECT_EQ(begun.HeadStart().before_worse, 1400ms);
}

}  // namespace
}  // namespace funnel::sctpd
