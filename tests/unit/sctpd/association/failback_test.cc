// Returning to the better carrier or target, while the association in use continues.
#include "tests/unit/sctpd/association/carrier_nodes.h"

namespace funnel::sctpd {
namespace {

class FailbackTest : public CarrierTest {
 protected:
  void UpByUdp() {
    MakeAuto();
    network.silent = {kDirectB};
    Start();
    Step(300ms);
    VerifyAll();
    ASSERT_EQ(used_path(), kUdpB);
  }
  // Direct SCTP answers again, and is tried in parallel.
  void TryDirectAgain() {
    network.silent.clear();
    Step(10min);
    ASSERT_EQ(a->Count(kReturnsTried), 1u);
    ASSERT_EQ(a->associations->associations().size(), 2u);
  }
  // The association that serves the peer ends by itself.
  void LoseWhatIsUsed() {
    a->engine->EndByPeer(peer().up()->id(), sctp::DownReason::kDeadPeer);
    SettleAll();
  }
};

TEST_F(FailbackTest, DirectTakesOverWhenItAnswersAgain) {
  UpByUdp();
  AssociationId first = peer().up()->id();
  Step(9min);
  EXPECT_EQ(a->Count(kReturnsTried), 0u);
  network.silent.clear();
  Step(61s);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
  EXPECT_EQ(used_path(), kUdpB) << "not before it is verified";
  VerifyAll();
  EXPECT_EQ(used_path(), kDirectB);
  EXPECT_EQ(a->Count(kAssociationsSwitched), 1u);
  EXPECT_EQ(a->associations->associations().size(), 1u);
  EXPECT_EQ(b->associations->associations().size(), 1u);
  EXPECT_TRUE(b->only_association().up());
  ASSERT_EQ(a->engine->ends.back().first, first);
  EXPECT_EQ(a->engine->ends.back().second, sctp::DownReason::kShutdown) << "what was sent arrives";
}

TEST_F(FailbackTest, SilentDirectLeavesTheLivingOneAlone) {
  UpByUdp();
  AssociationId first = peer().up()->id();
  Step(10min);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
  Step(5s);
  EXPECT_EQ(a->Count(kConnectsFailed), 1u);
  EXPECT_EQ(peer().up()->id(), first);
  EXPECT_EQ(a->Count(kAssociationsSwitched), 0u);
  Step(9min);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
  Step(61s);
  EXPECT_EQ(a->Count(kReturnsTried), 2u);
}

TEST_F(FailbackTest, EdgesComeAtOnceToTheNewOne) {
  UpByUdp();
  auto [edge, served] = OpenServed("dns");
  Step(9min);
  network.silent.clear();
  edge.Receive();
  Step(61s);
  VerifyAll();
  EXPECT_EQ(used_path(), kDirectB);
  auto frames = edge.Receive();
  ASSERT_EQ(frames.size(), 1u);
  ASSERT_EQ(TestEdge::TypeOf(frames[0]), wire::FrameType::kLinkEnd);
  auto end = ipc::LinkEnd::Parse(ByteView(frames[0]).subspan(wire::kFrameHeaderSize));
  EXPECT_EQ(end->code, ipc::LinkEndCode::kMoved);
  TestEdge again = a->Attach("dns");
  Settle();
  EXPECT_EQ(again.ReceiveTypes(), std::vector{wire::FrameType::kLinkUp});
}

TEST_F(FailbackTest, TrafficPutsItOff) {
  UpByUdp();
  auto [edge, served] = OpenServed("dns");
  network.silent.clear();
  for (int i = 0; i < 700; ++i) {
    edge.Send(wire::FrameType::kSealed, ChannelId(7), Bytes(40, 1));
    Settle();
    Step(1s);
  }
  EXPECT_EQ(a->Count(kReturnsTried), 0u);
  Step(4s);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
}

TEST_F(FailbackTest, LiveSessionsPutItOffHoweverSilent) {
  UpByUdp();
  auto [edge, served] = OpenServed("shell");
  ipc::Note note{.state = ipc::NoteState::kOpen, .in_use = true};
  edge.Send(wire::FrameType::kNote, ChannelId(), note.Serialize());
  Settle();
  network.silent.clear();
  for (int i = 0; i < 20; ++i) Step(1min);
  EXPECT_EQ(a->Count(kReturnsTried), 0u);
  note.in_use = false;
  edge.Send(wire::FrameType::kNote, ChannelId(), note.Serialize());
  Settle();
  Step(5s);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
}

TEST_F(FailbackTest, WhoeverSendsMeanwhileKeepsTheOldOne) {
  UpByUdp();
  auto [edge, served] = OpenServed("dns");
  AssociationId first = peer().up()->id();
  TryDirectAgain();
  edge.Send(wire::FrameType::kSealed, ChannelId(7), Bytes(40, 1));
  Settle();
  // The frame that proves who we are is not sent any more.
  AssociationId fresh = a->engine->connects.back().first;
  a->associations->OnPeerFrame({fresh, Bytes(40, 7)});
  Settle();
  EXPECT_EQ(peer().up()->id(), first);
  EXPECT_EQ(a->associations->associations().size(), 1u);
  EXPECT_EQ(b->associations->associations().size(), 1u);
  EXPECT_TRUE(b->authd.frames.empty());
  Step(61s);
  VerifyAll();
  EXPECT_EQ(used_path(), kDirectB);
}

TEST_F(FailbackTest, TryThatIsBeingVerifiedSucceedsTheOldOneThatEnds) {
  UpByUdp();
  TryDirectAgain();
  // The peer had its verdict first, and has ended the old one.
  b->Verify(*b->associations->associations().rbegin()->second, "a");
  Settle();
  ASSERT_EQ(a->associations->associations().size(), 1u);
  EXPECT_EQ(used_path(), "none");
  VerifyAll();
  EXPECT_EQ(used_path(), kDirectB);
  EXPECT_EQ(b->associations->associations().size(), 1u);
  EXPECT_EQ(a->Count(kAssociationsSwitched), 1u);
  EXPECT_EQ(a->Count(kConnects), 3u) << "direct and UDP at first, and direct again";
}

TEST_F(FailbackTest, SuccessorThatFailsIsAnOrdinaryLoss) {
  UpByUdp();
  TryDirectAgain();
  LoseWhatIsUsed();
  ASSERT_EQ(a->associations->associations().size(), 1u);
  a->associations->OnVerifyFailed({a->only_association().id(), "no key for it"});
  Settle();
  EXPECT_TRUE(a->associations->associations().empty());
  Step(1s);
  VerifyAll();
  EXPECT_EQ(used_path(), kDirectB);
}

TEST_F(FailbackTest, LossOfTheOldOneWithdrawsATryThatIsNotUp) {
  UpByUdp();
  Step(10min);
  ASSERT_EQ(a->associations->associations().size(), 2u);
  LoseWhatIsUsed();
  EXPECT_TRUE(a->associations->associations().empty());
  network.silent.clear();
  Step(50ms);
  VerifyAll();
  EXPECT_EQ(used_path(), kDirectB);
}

TEST_F(FailbackTest, NextTargetServesAtOnceWhenThePreferredOneDies) {
  MakeTwoTargets();
  Start();
  VerifyAll();
  ASSERT_EQ(used_path(), kUdpB);

  network.silent = {kUdpB};
  LoseWhatIsUsed();
  Step(50ms);
  VerifyAll();
  EXPECT_EQ(used_path(), kUdpOther);

  // It comes back, and is used again at the next idle moment.
  Step(59s);
  EXPECT_EQ(a->Count(kReturnsTried), 0u);
  network.silent.clear();
  Step(1s);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);

  VerifyAll();
  EXPECT_EQ(used_path(), kUdpB);
  EXPECT_EQ(a->Count(kAssociationsSwitched), 1u);
  Step(1h);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
}

TEST_F(FailbackTest, TargetThatCannotProveWhoItIsDoesNotKeepTheOthersWaiting) {
  MakeTwoTargets();
  Start();
  ASSERT_EQ(a->only_association().state(), AssociationState::kVerifying);
  a->associations->OnVerifyFailed({a->only_association().id(), "no key for it"});
  SettleAll();
  Step(1s);
  VerifyAll();
  EXPECT_EQ(used_path(), kUdpOther);
  // The preferred one is tried again, in parallel.
  Step(1min);
  VerifyAll();
  EXPECT_EQ(used_path(), kUdpB);
}

TEST_F(FailbackTest, RecordsThatChangeWhileOnTheSpareOneAreFollowed) {
  MakeTwoTargets();
  network.silent = {kUdpB};
  Start();
  Step(1s);
  VerifyAll();
  ASSERT_EQ(used_path(), kUdpOther);
  FindTwo(20, 10);
  network.silent.clear();
  Step(1min);
  VerifyAll();
  EXPECT_EQ(used_path(), kUdpOther) << "by now it is the preferred one";
  Step(1h);
  EXPECT_EQ(a->Count(kConnects), 2u);
}

}  // namespace
}  // namespace funnel::sctpd
