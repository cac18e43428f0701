// What a relay passes on, and what it refuses.
#include "tests/unit/sctpd/relay/relay_chain.h"

namespace funnel::sctpd {
namespace {

TEST_F(RelayTest, PassesOnWhatItGetsUnaltered) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  EXPECT_EQ(b->authd.accepts[0].peer, "r");
  EXPECT_EQ(b->authd.accepts[0].open_body, OpenBody(7));
  EXPECT_TRUE(r->authd.accepts.empty());  // authd need not know anything of it

  edge.Send(FrameType::kSealed, kId, AsBytes("question"), 250);
  Settle();
  EXPECT_TRUE(r->engine->sent.back().options.unordered);
  EXPECT_EQ(r->engine->sent.back().options.lifetime, 250ms);
  EXPECT_EQ(r->engine->sent.back().message, a->engine->sent.back().message);
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kSealed});
  served.Send(FrameType::kSealed, kId, AsBytes("answer"));
  Settle();
  auto answer = edge.Receive();
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(AsText(ByteView(answer[0]).subspan(wire::kFrameHeaderSize)), "answer");

  edge.SendClosed(kId);
  Settle();
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kClosed});
  served.SendClosed(kId);
  Settle();
  auto rest = edge.ReceiveTypes();
  ASSERT_FALSE(rest.empty());
  EXPECT_EQ(rest[0], FrameType::kClosed);
  ExpectNothingLeftAtRelay();
}

TEST_F(RelayTest, RefusalTravelsBackToTheOrigin) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, OpenBody());
  Settle();
  wire::RefusedBody body{.code = wire::RefusalCode::kRefused, .text = "refused"};
  b->channels->OnAcceptRefused(
      {b->authd.accepts.back().request, 1, "dns", "not on the list", body.Serialize()});
  Settle();
  EXPECT_EQ(RefusalIn(edge).text, "refused");
  ExpectNothingLeftAtRelay();
}

TEST_F(RelayTest, PeerThatIsNotListedLearnsNothing) {
  config_r.services = {MakeRelay({"somebody"}, "b")};
  MakeNodes();
  wire::RefusedBody refused = Refused(OpenBody());
  EXPECT_EQ(refused.code, wire::RefusalCode::kRefused);
  EXPECT_EQ(refused.text, wire::RefusalText(wire::RefusalCode::kRefused));
  ASSERT_EQ(r->channels->refusals().kept().size(), 1u);
  EXPECT_EQ(r->channels->refusals().kept()[0].text, "it is not listed in [relay] from");
  ExpectNothingLeftAtRelay();
}

TEST_F(RelayTest, OpenForTheRelayItselfGoesToItsAuthd) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, OpenBody(8, 1, "r.example"));
  Settle();
  EXPECT_EQ(r->authd.accepts.size(), 1u);
  EXPECT_TRUE(b->authd.accepts.empty());
}

TEST_F(RelayTest, OpenForAnotherTargetIsNotPassedOn) {
  config_r.services[0].target = "c.example";
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, OpenBody());
  Settle();
  EXPECT_EQ(r->authd.accepts.size(), 1u);  // it refuses, because this node is not the target
  EXPECT_TRUE(b->authd.accepts.empty());
}

TEST_F(RelayTest, TargetsAreComparedAsDnsDoes) {
  config_r.services[0].target = "B.Example.";
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, OpenBody(8, 1, "b.example"));
  Settle();
  EXPECT_TRUE(r->authd.accepts.empty());
  EXPECT_EQ(b->authd.accepts.size(), 1u);
  TestEdge own = a->Attach("dns");
  own.Send(FrameType::kOpen, ChannelId(7), OpenBody(8, 2, "R.example."));
  Settle();
  EXPECT_EQ(r->authd.accepts.size(), 1u) << "the relay itself";
}

TEST_F(RelayTest, LoopsAreRefusedWithAReason) {
  MakeNodes();
  EXPECT_EQ(Refused(OpenBody(0)).text,
            "relay r.example: no hop is left: a loop, or more than 8 relays in a row");
  TestEdge first = a->Attach("dns");
  first.Send(FrameType::kOpen, ChannelId(1), OpenBody(8, 5));
  Settle();
  EXPECT_EQ(Refused(OpenBody(4, 5)).text, "relay r.example: a loop: it has passed here already");
  EXPECT_EQ(r->Count(kRelayLoops), 2u);
}

TEST_F(RelayTest, NeverSendsBackWhereItComesFrom) {
  config_r.services = {MakeRelay({"a"}, "a")};
  MakeNodes();
  EXPECT_EQ(Refused(OpenBody()).text, "relay r.example: it would go back to where it comes from");
}

TEST_F(RelayTest, NextHopThatIsDownIsNamed) {
  MakeNodes();
  r->engine->EndByPeer(r->associations->FindUp("b")->id(), sctp::DownReason::kDeadPeer);
  Settle();
  EXPECT_EQ(Refused(OpenBody()).text, "relay r.example: the association with b is down");
  ExpectNothingLeftAtRelay();
}

TEST_F(RelayTest, NextHopOnDemandIsWaitedFor) {
  config_r.peers[1].when = config::When::kOnDemand;
  b = std::make_unique<TestNode>(network, *loop, "b", "192.0.2.3", config_b, now);
  r = std::make_unique<TestNode>(network, *loop, "r", "192.0.2.2", config_r, now);
  a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now);
  for (TestNode* node : {b.get(), r.get(), a.get()}) node->associations->Start();
  Settle();
  Verify(*a, *r);
  Settle();
  ASSERT_EQ(r->associations->FindUp("b"), nullptr);
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, OpenBody());
  Settle();
  EXPECT_TRUE(b->authd.accepts.empty());
  Verify(*r, *b);
  Settle();
  EXPECT_EQ(b->authd.accepts.size(), 1u);
}

TEST_F(RelayTest, NextHopThatNeverAnswersIsGivenUp) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, OpenBody());
  Settle();
  Advance(16s);
  EXPECT_EQ(RefusalIn(edge).text, "relay r.example: the next hop does not answer");
}

}  // namespace
}  // namespace funnel::sctpd
