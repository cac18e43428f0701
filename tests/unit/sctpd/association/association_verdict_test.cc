// What funnel-authd's verdict, or its absence, means for an association.
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

class AssociationVerdictTest : public TwoNodes {};

TEST_F(AssociationVerdictTest, RelaysStreamZeroBetweenTheAuthds) {
  MakeNodes();
  Settle();
  Bytes frame(40, 7);
  a->associations->OnPeerFrame({a->only_association().id(), frame});
  Settle();
  ASSERT_EQ(b->authd.frames.size(), 1u);
  EXPECT_EQ(b->authd.frames[0].frame, frame);
  EXPECT_EQ(b->authd.frames[0].association, b->only_association().id());
}

TEST_F(AssociationVerdictTest, CarriesOnlyStreamZeroBeforeTheVerdict) {
  MakeNodes();
  Settle();
  a->engine->Send(a->only_association().id(), StreamId(65), Bytes(40, 1), {});
  Settle();
  EXPECT_EQ(b->Count(kDropUnverified), 1u);
  EXPECT_TRUE(b->authd.accepts.empty());
}

TEST_F(AssociationVerdictTest, EndsWhatIsNotVerifiedInTimeAndConnectsAgain) {
  MakeNodes();
  Settle();
  AssociationId first = a->only_association().id();
  Advance(16s);
  EXPECT_GE(a->Count(kVerifyTimeouts) + b->Count(kVerifyTimeouts), 1u);
  Advance(3s);
  ASSERT_EQ(a->associations->associations().size(), 1u);
  EXPECT_NE(a->only_association().id(), first);
}

TEST_F(AssociationVerdictTest, RefusedByAuthdIsTriedAgainLater) {
  MakeNodes();
  Settle();
  a->associations->OnVerifyFailed({a->only_association().id(), "wrong principal"});
  Settle();
  EXPECT_TRUE(a->associations->associations().empty());
  EXPECT_EQ(a->associations->peers().at("b")->dialling().reason(), "wrong principal");
  Advance(500ms);
  EXPECT_TRUE(a->associations->associations().empty());
  Advance(600ms);
  EXPECT_EQ(a->associations->associations().size(), 1u);
}

TEST_F(AssociationVerdictTest, AnotherPeersAnswerIsNotTaken) {
  MakeNodes();
  Settle();
  a->associations->OnVerified({a->only_association().id(), "b", "evil.example", 1});
  EXPECT_EQ(a->associations->FindUp("b"), nullptr);
  Settle();
  EXPECT_TRUE(a->associations->associations().empty());
}

TEST_F(AssociationVerdictTest, NamesOfNodesAreComparedAsDnsDoes) {
  MakeNodes();
  Settle();
  a->associations->OnVerified({a->only_association().id(), "b", "B.Example.", 1});
  EXPECT_NE(a->associations->FindUp("b"), nullptr);
}

TEST_F(AssociationVerdictTest, AuthdsRestartLeavesWhatIsUp) {
  BringUp();
  a->authd.starts.clear();
  a->associations->OnAuthdUp();
  ASSERT_EQ(a->authd.starts.size(), 1u);
  // The new authd has no ticket yet: that must not end a running association.
  a->associations->OnVerifyFailed({a->only_association().id(), "no KDC"});
  EXPECT_TRUE(a->only_association().up());
  a->Verify(a->only_association(), "b", 2);
  a->associations->OnVerifyFailed({a->only_association().id(), "no longer allowed"});
  EXPECT_EQ(a->associations->FindUp("b"), nullptr);
}

TEST_F(AssociationVerdictTest, FramesWaitForAnAuthdThatIsAway) {
  MakeNodes();
  b->authd.up = false;
  Settle();
  a->associations->OnPeerFrame({a->only_association().id(), Bytes(40, 7)});
  Settle();
  EXPECT_TRUE(b->authd.frames.empty());
  b->authd.up = true;
  b->associations->OnAuthdUp();
  EXPECT_EQ(b->authd.frames.size(), 1u);
}

TEST_F(AssociationVerdictTest, TooManyFramesBeforeTheVerdictEndIt) {
  MakeNodes();
  Settle();
  for (int i = 0; i < 40; ++i)
    a->engine->Send(a->only_association().id(), StreamId(0), Bytes(20, 1), {});
  Settle();
  EXPECT_LE(b->authd.frames.size(), 32u);
  EXPECT_TRUE(b->associations->associations().empty());
}

TEST_F(AssociationVerdictTest, PeerWithAnotherPrincipalIsVerifiedAnew) {
  BringUp();
  config::Configuration old = a->shared.config;
  a->shared.config.peers[0].principal.realm = "ELSEWHERE";
  a->authd.starts.clear();
  a->associations->Reload(old);
  EXPECT_EQ(a->associations->FindUp("b"), nullptr);
  Settle();
  EXPECT_EQ(a->authd.starts.size(), 1u);
}

}  // namespace
}  // namespace funnel::sctpd
