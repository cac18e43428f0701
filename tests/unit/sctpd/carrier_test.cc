// Direct SCTP and UDP beside each other, what is remembered, and the way back to the better one.
#include <ctime>

#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

constexpr const char* kDirectB = "192.0.2.2 (direct)";
constexpr const char* kUdpB = "192.0.2.2:9899 (udp)";
constexpr const char* kDirectOther = "192.0.2.3 (direct)";
constexpr const char* kUdpOther = "192.0.2.3:9899 (udp)";

class CarrierTest : public TwoNodes {
 protected:
  // As MakeNodes, but a takes any carrier.
  void MakeAuto(const RouteMemory& routes = {}) {
    config_a.peers = {MakePeer("b", "192.0.2.2")};
    config_a.peers[0].carrier = config::Carrier::kAuto;
    config_a.peers[0].connect[0].port = 0;
    config_b.peers = {MakePeer("a", "")};
    config_a.services = {MakeService("dns", config::Role::kListen, "b"),
                         MakeService("shell", config::Role::kListen, "b")};
    config_b.services = {MakeService("dns", config::Role::kConnect, ""),
                         MakeService("shell", config::Role::kConnect, "")};
    config_a.services[1].protocol = config_b.services[1].protocol = config::Protocol::kTcp;
    a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now, routes);
    b = std::make_unique<TestNode>(network, *loop, "b", "192.0.2.2", config_b, now);
    a->engine->direct = b->engine->direct = true;
  }
  void Start() {
    b->associations->Start();
    a->associations->Start();
    Settle();
  }
  void SettleAll() {
    Settle();
    if (b2) {
      for (int i = 0; i < 20; ++i) b2->Turn(), a->Turn();
    }
  }
  // Both ends of whatever is being verified.
  void VerifyAll() {
    for (TestNode* node : {a.get(), b.get(), b2.get()}) {
      if (node == nullptr) continue;
      std::vector<AssociationId> ids;
      for (const auto& [id, association] : node->associations->associations())
        if (association->state() == AssociationState::kVerifying) ids.push_back(id);
      for (AssociationId id : ids)
        node->associations->OnVerified(
            {id, node == a.get() ? "b" : "a", node == a.get() ? "b.example" : "a.example", 1});
    }
    SettleAll();
  }
  void Step(Duration by) {
    now += by;
    for (TestNode* node : {a.get(), b.get(), b2.get()})
      if (node != nullptr) node->OnTimer();
    SettleAll();
  }
  [[nodiscard]] const Peer& peer() const { return *a->associations->peers().at("b"); }
  [[nodiscard]] std::string way() const {
    return peer().up == nullptr ? "none" : PathText({peer().up->address, peer().up->carrier});
  }
  [[nodiscard]] std::string tried() const {
    std::string out;
    for (const auto& [id, path] : a->engine->connects) out += PathText(path) + ' ';
    return out;
  }
  // A channel that b's edge has taken up.
  TestEdge OpenAdopted(TestEdge& edge) {
    TestEdge served = OpenChannel(edge, ChannelId(7));
    served.Send(wire::FrameType::kNote, ChannelId(), ipc::Note{}.Serialize());
    Settle();
    return served;
  }
  // A second machine that answers for "b".
  void MakeOther() {
    b2 = std::make_unique<TestNode>(network, *loop, "b", "192.0.2.3", config_b, now);
    b2->engine->direct = true;
    b2->associations->Start();
  }
  void FindTwo(std::uint16_t first, std::uint16_t second) {
    a->resolver.found = {{.address = *sctp::TransportAddress::Parse("192.0.2.2", 9899),
                          .carrier = sctp::Carrier::kUdp,
                          .priority = first,
                          .host = "main"},
                         {.address = *sctp::TransportAddress::Parse("192.0.2.3", 9899),
                          .carrier = sctp::Carrier::kUdp,
                          .priority = second,
                          .host = "spare"}};
    std::ranges::stable_sort(a->resolver.found, {}, &Place::priority);
  }

  std::unique_ptr<TestNode> b2;
};

TEST_F(CarrierTest, DirectWinsWhereItAnswers) {
  MakeAuto();
  Start();
  VerifyAll();
  EXPECT_EQ(way(), kDirectB);
  EXPECT_EQ(tried(), std::string(kDirectB) + ' ');
  EXPECT_EQ(peer().why_not_direct, "");
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
  EXPECT_EQ(way(), kUdpB);
  EXPECT_EQ(a->Count(kAttemptsWithdrawn), 1u);
  EXPECT_EQ(a->Count(kConnectsFailed), 0u);
  EXPECT_EQ(a->associations->associations().size(), 1u);
  EXPECT_EQ(peer().why_not_direct, "no answer");
}

TEST_F(CarrierTest, UdpBeginsAtOnceWhereDirectCannot) {
  MakeAuto();
  a->engine->direct = false;
  Start();
  VerifyAll();
  EXPECT_EQ(way(), kUdpB);
  EXPECT_EQ(peer().why_not_direct, "no direct SCTP");
  // That costs nothing, so it is not remembered.
  EXPECT_EQ(a->core.routes.Find("b")->direct_from_unix, 0);
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
  EXPECT_EQ(peer().dialer.state(), Dialer::State::kWaiting);
  EXPECT_EQ(peer().reason, "no answer in time");
  // Direct is spared for a while: it does not work from here.
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
  RouteMemory kept = a->core.routes;
  ASSERT_NE(kept.Find("b"), nullptr);
  EXPECT_NEAR(static_cast<double>(kept.Find("b")->direct_from_unix - std::time(nullptr)), 600, 2);
  MakeAuto(kept);
  Start();
  EXPECT_EQ(tried(), std::string(kUdpB) + ' ');
  EXPECT_EQ(peer().why_not_direct, "it did not answer before the last start");
}

TEST_F(CarrierTest, WhatIsRememberedFromAWrongClockEnds) {
  RouteMemory kept;
  kept.Set("b", {.route = {}, .direct_from_unix = std::time(nullptr) + 1000000});
  MakeAuto(kept);
  EXPECT_EQ(peer().direct_from, now + 10min);
}

TEST_F(CarrierTest, EngineThatMovesIsOfferedAllWaysAndFollowed) {
  MakeAuto();
  network.silent = {kDirectB};
  a->engine->moves = true;
  Start();
  Step(300ms);
  VerifyAll();
  AssociationId id = peer().up->id();
  auto& offered = a->engine->offered.at(id);
  ASSERT_EQ(offered.size(), 2u);
  EXPECT_EQ(PathText(offered[0]), kDirectB);
  EXPECT_EQ(PathText(offered[1]), kUdpB);
  network.silent.clear();
  a->engine->MoveTo(id, offered[0]);
  Settle();
  EXPECT_EQ(way(), kDirectB);
  EXPECT_EQ(peer().why_not_direct, "");
  EXPECT_EQ(a->core.routes.Find("b")->route.carrier, sctp::Carrier::kDirect);
  EXPECT_EQ(a->core.routes.Find("b")->direct_from_unix, 0);
  a->engine->MoveTo(id, a->engine->offered.at(id)[1]);
  Settle();
  EXPECT_EQ(way(), kUdpB);
  EXPECT_EQ(peer().why_not_direct, "it fell silent");
  // It does by itself what would need a new association.
  Step(20min);
  EXPECT_EQ(a->Count(kReturnsTried), 0u);
}

class ReturnTest : public CarrierTest {
 protected:
  void UpByUdp() {
    MakeAuto();
    network.silent = {kDirectB};
    Start();
    Step(300ms);
    VerifyAll();
    ASSERT_EQ(way(), kUdpB);
  }
};

TEST_F(ReturnTest, DirectTakesOverWhenItAnswersAgain) {
  UpByUdp();
  AssociationId first = peer().up->id();
  Step(9min);
  EXPECT_EQ(a->Count(kReturnsTried), 0u);
  network.silent.clear();
  Step(61s);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
  EXPECT_EQ(way(), kUdpB) << "not before it is verified";
  VerifyAll();
  EXPECT_EQ(way(), kDirectB);
  EXPECT_EQ(a->Count(kAssociationsSwitched), 1u);
  EXPECT_EQ(a->associations->associations().size(), 1u);
  EXPECT_EQ(b->associations->associations().size(), 1u);
  EXPECT_TRUE(b->only_association().up());
  ASSERT_EQ(a->engine->ends.back().first, first);
  EXPECT_EQ(a->engine->ends.back().second, sctp::DownReason::kShutdown) << "what was sent arrives";
}

TEST_F(ReturnTest, SilentDirectLeavesTheLivingOneAlone) {
  UpByUdp();
  AssociationId first = peer().up->id();
  Step(10min);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
  Step(5s);
  EXPECT_EQ(a->Count(kConnectsFailed), 1u);
  EXPECT_EQ(peer().up->id(), first);
  EXPECT_EQ(a->Count(kAssociationsSwitched), 0u);
  Step(9min);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
  Step(61s);
  EXPECT_EQ(a->Count(kReturnsTried), 2u);
}

TEST_F(ReturnTest, EdgesComeAtOnceToTheNewOne) {
  UpByUdp();
  TestEdge edge = a->Attach("dns");
  Settle();
  TestEdge served = OpenAdopted(edge);
  Step(9min);
  network.silent.clear();
  edge.Receive();
  Step(61s);
  VerifyAll();
  EXPECT_EQ(way(), kDirectB);
  auto frames = edge.Receive();
  ASSERT_EQ(frames.size(), 1u);
  ASSERT_EQ(TestEdge::TypeOf(frames[0]), wire::FrameType::kLinkEnd);
  auto end = ipc::LinkEnd::Parse(ByteView(frames[0]).subspan(wire::kFrameHeaderSize));
  EXPECT_EQ(end->code, ipc::LinkEndCode::kMoved);
  TestEdge again = a->Attach("dns");
  Settle();
  EXPECT_EQ(again.ReceiveTypes(), std::vector{wire::FrameType::kLinkUp});
}

TEST_F(ReturnTest, TrafficPutsItOff) {
  UpByUdp();
  TestEdge edge = a->Attach("dns");
  Settle();
  TestEdge served = OpenAdopted(edge);
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

TEST_F(ReturnTest, LiveSessionsPutItOffHoweverSilent) {
  UpByUdp();
  TestEdge edge = a->Attach("shell");
  Settle();
  TestEdge served = OpenAdopted(edge);
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

TEST_F(ReturnTest, WhoeverSendsMeanwhileKeepsTheOldOne) {
  UpByUdp();
  TestEdge edge = a->Attach("dns");
  Settle();
  TestEdge served = OpenAdopted(edge);
  AssociationId first = peer().up->id();
  network.silent.clear();
  Step(10min);
  ASSERT_EQ(a->Count(kReturnsTried), 1u);
  ASSERT_EQ(a->associations->associations().size(), 2u);
  edge.Send(wire::FrameType::kSealed, ChannelId(7), Bytes(40, 1));
  Settle();
  // The proof of who we are does not leave any more.
  AssociationId fresh = a->engine->connects.back().first;
  a->associations->OnPeerFrame({fresh, Bytes(40, 7)});
  Settle();
  EXPECT_EQ(peer().up->id(), first);
  EXPECT_EQ(a->associations->associations().size(), 1u);
  EXPECT_EQ(b->associations->associations().size(), 1u);
  EXPECT_TRUE(b->authd.frames.empty());
  Step(61s);
  VerifyAll();
  EXPECT_EQ(way(), kDirectB);
}

TEST_F(ReturnTest, LossOfTheOldOneWithdrawsTheTry) {
  UpByUdp();
  network.silent.clear();
  Step(10min);
  ASSERT_EQ(a->associations->associations().size(), 2u);
  a->engine->EndByPeer(peer().up->id(), sctp::DownReason::kDeadPeer);
  Settle();
  EXPECT_TRUE(a->associations->associations().empty());
  Step(50ms);
  VerifyAll();
  EXPECT_EQ(way(), kDirectB);
}

TEST_F(CarrierTest, NextTargetServesAtOnceWhenThePreferredOneDies) {
  MakeAuto();
  MakeOther();
  config_a.peers[0].connect[0].host = "hoster.example";
  a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now);
  FindTwo(10, 20);
  Start();
  VerifyAll();
  ASSERT_EQ(way(), kUdpB);
  network.silent = {kUdpB};
  a->engine->EndByPeer(peer().up->id(), sctp::DownReason::kDeadPeer);
  SettleAll();
  Step(50ms);
  VerifyAll();
  EXPECT_EQ(way(), kUdpOther);
  // It comes back, and is preferred at the next idle moment.
  Step(59s);
  EXPECT_EQ(a->Count(kReturnsTried), 0u);
  network.silent.clear();
  Step(1s);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
  VerifyAll();
  EXPECT_EQ(way(), kUdpB);
  EXPECT_EQ(a->Count(kAssociationsSwitched), 1u);
  Step(1h);
  EXPECT_EQ(a->Count(kReturnsTried), 1u);
}

TEST_F(CarrierTest, RecordsThatChangeWhileOnTheSpareOneAreFollowed) {
  MakeAuto();
  MakeOther();
  config_a.peers[0].connect[0].host = "hoster.example";
  a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now);
  FindTwo(10, 20);
  network.silent = {kUdpB};
  Start();
  Step(1s);
  VerifyAll();
  ASSERT_EQ(way(), kUdpOther);
  FindTwo(20, 10);
  network.silent.clear();
  Step(1min);
  VerifyAll();
  EXPECT_EQ(way(), kUdpOther) << "by now it is the preferred one";
  Step(1h);
  EXPECT_EQ(a->Count(kConnects), 2u);
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
  EXPECT_EQ(way(), kDirectOther);
}

}  // namespace
}  // namespace funnel::sctpd
