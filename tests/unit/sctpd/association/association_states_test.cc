// One association alone: each state has its own data, and no other state has it.
#include <gtest/gtest.h>

#include "funnel-sctpd/association/association.h"
#include "tests/unit/sctpd/fake_shared_state.h"

namespace funnel::sctpd {
namespace {

class AssociationStatesTest : public testing::Test, public FakeSharedState {
 protected:
  AssociationStatesTest() { SetLogLevel(LogLevel::kError); }

  const sctp::TransportAddress address = *sctp::TransportAddress::Parse("192.0.2.2", 9899);
  Association came_in{AssociationId(1), address, now};
  Association ours{AssociationId(2), "b", {.candidate = {.address = address}}, now};
};

TEST_F(AssociationStatesTest, BeginsAsItCame) {
  EXPECT_EQ(came_in.state(), AssociationState::kVerifying);
  EXPECT_FALSE(came_in.outgoing());
  EXPECT_EQ(came_in.label(), "192.0.2.2:9899");
  EXPECT_TRUE(came_in.IsConsistent());
  EXPECT_EQ(ours.state(), AssociationState::kConnecting);
  EXPECT_TRUE(ours.outgoing());
  EXPECT_EQ(ours.label(), "b");
  EXPECT_TRUE(ours.IsConsistent());
}

TEST_F(AssociationStatesTest, SlotIsGivenBackWithTheState) {
  Admission admission({.total = 1, .per_address = 1});
  came_in.SetState(Association::Verifying{.slot = *admission.Admit(address), .frames = {}}, "");
  EXPECT_EQ(admission.count(), 1u);
  came_in.peer = "b";
  came_in.SetState(Association::Up{.node = "b.example"}, "");
  EXPECT_EQ(admission.count(), 0u);
}

TEST_F(AssociationStatesTest, WhatWasVerifiedIsThereWhileItIsUp) {
  EXPECT_EQ(came_in.verified(), nullptr);
  EXPECT_NE(came_in.authd_frames(), nullptr);
  EXPECT_EQ(ours.authd_frames(), nullptr) << "authd does not know of it yet";
  came_in.peer = "b";
  came_in.SetState(Association::Up{.node = "b.example", .instance = 7}, "");
  ASSERT_NE(came_in.verified(), nullptr);
  EXPECT_EQ(came_in.verified()->instance, 7u);
  EXPECT_NE(came_in.authd_frames(), nullptr);
  came_in.SetState(Association::Ending{}, "");
  EXPECT_EQ(came_in.verified(), nullptr);
  EXPECT_EQ(came_in.authd_frames(), nullptr);
}

TEST_F(AssociationStatesTest, UpNeedsAPeerAndItsNode) {
  came_in.SetState(Association::Up{.node = "b.example"}, "");
  EXPECT_FALSE(came_in.IsConsistent()) << "whose is it?";
  came_in.peer = "b";
  EXPECT_TRUE(came_in.IsConsistent());
  came_in.SetState(Association::Up{}, "");
  EXPECT_FALSE(came_in.IsConsistent()) << "who is there?";
}

TEST_F(AssociationStatesTest, OneThatServesReplacesNothingAnyMore) {
  ours.dialled->purpose = Association::Purpose::kReplace;
  EXPECT_TRUE(ours.IsConsistent());
  ours.SetState(Association::Up{.node = "b.example"}, "");
  EXPECT_FALSE(ours.IsConsistent());
  ours.dialled->purpose = Association::Purpose::kServe;
  EXPECT_TRUE(ours.IsConsistent());
}

TEST_F(AssociationStatesTest, CauseIsTheEndsAlone) {
  EXPECT_FALSE(ours.EndsBy(Association::Cause::kLost)) << "it does not end";
  ours.SetState(Association::Ending{Association::Cause::kWithdrawn}, "");
  EXPECT_TRUE(ours.EndsBy(Association::Cause::kWithdrawn));
  EXPECT_FALSE(ours.EndsBy(Association::Cause::kLost));
}

TEST_F(AssociationStatesTest, MoveIsRememberedAndTheCandidateFollows) {
  const sctp::PeerPath path{address.WithPort(0), sctp::Carrier::kDirect};
  EXPECT_FALSE(ours.last_move);
  ours.MoveTo(path);
  EXPECT_EQ(ours.dialled->candidate.path(), path);
  EXPECT_EQ(ours.address, path.address);
  EXPECT_EQ(ours.carrier, path.carrier);
  ASSERT_TRUE(ours.last_move);
  EXPECT_EQ(ours.last_move->text, "from 192.0.2.2:9899 (udp) to 192.0.2.2 (direct)");
  came_in.MoveTo(path);
  EXPECT_FALSE(came_in.outgoing()) << "it still came in";
}

}  // namespace
}  // namespace funnel::sctpd
