// A chain of nodes, a - r - b: "dns" listens at a, is served at b, and r only passes it on.
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;

class RelayTest : public testing::Test {
 protected:
  static constexpr ChannelId kId{77};
  static constexpr std::size_t kQueue = 64 * 1024;

  RelayTest() {
    SetLogLevel(LogLevel::kError);
    config_a.peers = {MakePeer("r", "192.0.2.2")};
    config_a.services = {MakeService("dns", config::Role::kListen, "r")};
    config_r.peers = {MakePeer("a", ""), MakePeer("b", "192.0.2.3")};
    config_r.services = {MakeRelay({"a"}, "b")};
    config_r.node.sctp.channel_queue_bytes = kQueue;
    config_b.peers = {MakePeer("r", "")};
    config_b.services = {MakeService("dns", config::Role::kConnect, "")};
  }

  static config::ServiceConfig MakeRelay(std::vector<std::string> from, const std::string& to) {
    config::ServiceConfig relay = MakeService("dns", config::Role::kRelay, "");
    relay.wire_name = "dns";
    relay.relay_from = std::move(from);
    relay.relay_to = to;
    return relay;
  }
  void MakeNodes() {
    b = std::make_unique<TestNode>(network, *loop, "b", "192.0.2.3", config_b, now);
    r = std::make_unique<TestNode>(network, *loop, "r", "192.0.2.2", config_r, now);
    a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now);
    for (TestNode* node : {b.get(), r.get(), a.get()}) node->associations->Start();
    Settle();
    Verify(*a, *r);
    Verify(*r, *b);
    Settle();
  }
  void Verify(TestNode& from, TestNode& to) {
    VerifyOne(from, to);
    VerifyOne(to, from);
  }
  // The one of NODE's unverified associations that leads to PEER's address.
  void VerifyOne(TestNode& node, TestNode& peer) {
    for (const auto& [id, association] : node.associations->associations())
      if (association->state() == AssociationState::kVerifying &&
          association->address == AddressOf(peer))
        return node.Verify(*association, NameOf(peer));
    FAIL() << "no association";
  }
  sctp::TransportAddress AddressOf(TestNode& node) {
    return *sctp::TransportAddress::Parse(&node == a.get()   ? "192.0.2.1"
                                          : &node == r.get() ? "192.0.2.2"
                                                             : "192.0.2.3",
                                          9899);
  }
  std::string NameOf(TestNode& node) {
    return &node == a.get() ? "a" : &node == r.get() ? "r" : "b";
  }
  void Settle() {
    for (int i = 0; i < 400; ++i) {
      auto ran = loop->RunOnce(Duration{0});
      ASSERT_TRUE(ran);
      bool busy = *ran;
      for (TestNode* node : {a.get(), r.get(), b.get()}) busy = node->Turn() || busy;
      if (!busy) return;
    }
  }
  void Advance(Duration by) {
    now += by;
    for (TestNode* node : {a.get(), r.get(), b.get()}) node->OnTimer();
    Settle();
  }
  static Bytes OpenBody(std::uint8_t hops = 8, std::uint8_t nonce = 1,
                        const std::string& target = "b.example") {
    wire::OpenBody open{.service = "dns", .target = target, .hop_limit = hops, .token = {9}};
    open.nonce.fill(nonce);
    return open.Serialize();
  }
  // Opens from a's EDGE; yields b's end.
  TestEdge Open(TestEdge& edge) {
    edge.Send(FrameType::kOpen, kId, OpenBody());
    Settle();
    EXPECT_EQ(b->authd.accepts.size(), 1u);
    ipc::Accepted verdict;
    verdict.request = b->authd.accepts.back().request;
    verdict.service = *ServiceName::Parse("dns");
    verdict.claim = Secret(std::size_t{32});
    verdict.opened_body = {1, 2, 3};
    b->channels->OnAccepted(verdict);
    Settle();
    TestEdge served(std::move(b->services.links.back()));
    b->services.links.pop_back();
    EXPECT_EQ(edge.ReceiveTypes(), (std::vector{FrameType::kLinkUp, FrameType::kOpened}));
    return served;
  }
  // What REFUSED says that EDGE got for an OPEN.
  static wire::RefusedBody RefusalIn(TestEdge& edge) {
    for (const Bytes& frame : edge.Receive())
      if (TestEdge::TypeOf(frame) == FrameType::kRefused)
        return *wire::RefusedBody::Parse(ByteView(frame).subspan(wire::kFrameHeaderSize));
    ADD_FAILURE() << "no REFUSED";
    return {};
  }
  wire::RefusedBody Refused(const Bytes& open_body) {
    TestEdge edge = a->Attach("dns");
    edge.Send(FrameType::kOpen, kId, open_body);
    Settle();
    return RefusalIn(edge);
  }
  void ExpectNothingLeftAtRelay() {
    EXPECT_TRUE(r->channels->channels().empty());
    EXPECT_EQ(r->channels->relays().queued_bytes(), 0u);
    for (const auto& [id, association] : r->associations->associations()) {
      EXPECT_EQ(association->streams.in_use(), 0u);
      EXPECT_EQ(association->half_open, 0u);
    }
  }

  TimePoint now{1000s};
  FakeNetwork network;
  std::unique_ptr<event::Loop> loop = *event::Loop::Create();
  config::Configuration config_a, config_r, config_b;
  std::unique_ptr<TestNode> a, r, b;
};

TEST_F(RelayTest, PassesOnWhatItGetsUnaltered) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  EXPECT_EQ(b->authd.accepts[0].peer, "r");
  EXPECT_EQ(b->authd.accepts[0].open_body, OpenBody(7));
  EXPECT_TRUE(r->authd.accepts.empty());  // nothing that authd would have to know

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
  EXPECT_EQ(r->authd.accepts.size(), 1u);  // who refuses it, as the target is not this node
  EXPECT_TRUE(b->authd.accepts.empty());
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

TEST_F(RelayTest, DeathOfTheNextHopTruncatesAtTheOrigin) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  r->engine->EndByPeer(r->associations->FindUp("b")->id(), sctp::DownReason::kDeadPeer);
  Settle();
  auto frames = edge.Receive();
  ASSERT_FALSE(frames.empty());
  auto closed = wire::ClosedBody::Parse(ByteView(frames[0]).subspan(wire::kFrameHeaderSize));
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code, wire::ClosedCode::kNoLink);
  edge.SendClosed(kId);
  Settle();
  ExpectNothingLeftAtRelay();
}

TEST_F(RelayTest, SlowNextHopClosesThatChannelOnly) {
  MakeNodes();
  TestEdge slow = a->Attach("dns");
  TestEdge served = Open(slow);
  r->engine->room_bytes = 0;
  Bytes bulk(16 * 1024);
  for (std::size_t sent = 0; sent <= kQueue; sent += bulk.size())
    slow.Send(FrameType::kSealed, kId, bulk);
  Settle();
  EXPECT_EQ(r->Count(kChannelOverflows), 1u);
  r->engine->MakeRoom(SIZE_MAX);
  Settle();
  auto types = slow.ReceiveTypes();
  ASSERT_FALSE(types.empty());
  EXPECT_EQ(types[0], FrameType::kClosed);
  EXPECT_NE(r->associations->FindUp("b"), nullptr);
}

TEST_F(RelayTest, AllRelaysTogetherHoldNoMoreThanConfigured) {
  config_r.node.sctp.relay_queue_bytes = kQueue / 2;
  MakeNodes();
  TestEdge slow = a->Attach("dns");
  TestEdge served = Open(slow);
  r->engine->room_bytes = 0;
  Bytes bulk(16 * 1024);
  for (int i = 0; i < 3; ++i) slow.Send(FrameType::kSealed, kId, bulk);
  Settle();
  EXPECT_EQ(r->Count(kChannelOverflows), 1u);
  EXPECT_LE(r->channels->relays().queued_bytes(), kQueue);
}

TEST_F(RelayTest, LifetimeGoesOnWhileAFrameWaits) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  r->engine->room_bytes = 0;
  edge.Send(FrameType::kSealed, kId, AsBytes("late"), 100);
  edge.Send(FrameType::kSealed, kId, AsBytes("in time"), 1000);
  edge.Send(FrameType::kSealed, kId, AsBytes("reliable"));
  Settle();
  Advance(400ms);
  r->engine->MakeRoom(SIZE_MAX);
  Settle();
  auto frames = served.Receive();
  ASSERT_EQ(frames.size(), 2u);
  auto header = wire::FrameHeader::Parse(frames[0]);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->lifetime_ms, 600u);
  EXPECT_EQ(AsText(ByteView(frames[1]).subspan(wire::kFrameHeaderSize)), "reliable");
  EXPECT_EQ(r->channels->relays().expired(), 1u);
}

TEST_F(RelayTest, OldestOfThoseThatMayExpireGivesWay) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  r->engine->room_bytes = 0;
  Bytes datagram(8 * 1024);
  for (std::size_t sent = 0; sent <= 2 * kQueue; sent += datagram.size()) {
    edge.Send(FrameType::kSealed, kId, datagram, 60000);
    Settle();
  }
  EXPECT_EQ(r->Count(kChannelOverflows), 0u);
  EXPECT_GT(r->channels->relays().displaced(), 0u);
  EXPECT_LE(r->channels->relays().queued_bytes(), kQueue);
}

TEST_F(RelayTest, ReloadThatTakesThePeerOutEndsItsChannels) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  r->channels->Reload();
  Settle();
  EXPECT_TRUE(edge.ReceiveTypes().empty());
  r->core.config.services[0].relay_from = {"somebody"};
  r->channels->Reload();
  Settle();
  auto types = edge.ReceiveTypes();
  ASSERT_FALSE(types.empty());
  EXPECT_EQ(types[0], FrameType::kClosed);
  EXPECT_FALSE(served.ReceiveTypes().empty());
}

TEST_F(RelayTest, OriginThatGivesUpIsAnsweredWithClosed) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, OpenBody());
  Settle();
  edge.SendClosed(kId);
  Settle();
  EXPECT_TRUE(edge.closed || !edge.ReceiveTypes().empty());
  Settle();
  ExpectNothingLeftAtRelay();
}

}  // namespace
}  // namespace funnel::sctpd
