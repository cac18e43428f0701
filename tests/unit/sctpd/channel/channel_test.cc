// Channels between two nodes: opening, refusing, carrying, taking turns, closing.
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;

class ChannelTest : public TwoNodes {
 protected:
  static constexpr ChannelId kId{77};

  static ipc::LinkEnd EndOf(const Bytes& frame) {
    auto end = ipc::LinkEnd::Parse(ByteView(frame).subspan(wire::kFrameHeaderSize));
    EXPECT_TRUE(end);
    return end ? *end : ipc::LinkEnd{};
  }
};

TEST_F(ChannelTest, OpensCarriesAndCloses) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  Settle();
  EXPECT_EQ(edge.ReceiveTypes(), std::vector{FrameType::kLinkUp});
  TestEdge served = OpenChannel(edge, kId);
  EXPECT_EQ(AsText(b->authd.accepts[0].open_body), "open");
  EXPECT_EQ(b->services.budget, 1384u);
  auto opened = edge.Receive();
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(TestEdge::TypeOf(opened[0]), FrameType::kOpened);
  EXPECT_EQ(opened[0].back(), 3);

  edge.Send(FrameType::kSealed, kId, AsBytes("question"), 250);
  Settle();
  EXPECT_TRUE(a->engine->sent.back().options.unordered);
  EXPECT_EQ(a->engine->sent.back().options.lifetime, 250ms);
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kSealed});
  served.Send(FrameType::kSealed, kId, AsBytes("answer"));
  Settle();
  auto answer = edge.Receive();
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(AsText(ByteView(answer[0]).subspan(wire::kFrameHeaderSize)), "answer");

  edge.SendClosed(kId);
  Settle();
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kClosed});
  EXPECT_EQ(a->only_association().streams.in_use(), 1u);
  served.SendClosed(kId);
  Settle();
  EXPECT_EQ(a->only_association().streams.in_use(), 0u);
  EXPECT_EQ(b->only_association().streams.in_use(), 0u);
  auto rest = edge.Receive();
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(TestEdge::TypeOf(rest[0]), FrameType::kClosed);
  EXPECT_EQ(EndOf(rest[1]).code, ipc::LinkEndCode::kClosed);
  EXPECT_TRUE(edge.closed);
  EXPECT_TRUE(a->channels->channels().empty());
  EXPECT_TRUE(b->channels->channels().empty());
}

TEST_F(ChannelTest, EdgeThatAttachedEarlyHearsOfTheAssociation) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  Settle();
  EXPECT_TRUE(edge.Receive().empty());
  a->Verify(a->only_association(), "b");
  Settle();
  EXPECT_EQ(edge.ReceiveTypes(), std::vector{FrameType::kLinkUp});
}

TEST_F(ChannelTest, RefusalEndsThatChannelOnlyAndTheEdgeMayTryAgain) {
  BringUp();
  TestEdge other = a->Attach("dns");
  TestEdge served = OpenChannel(other, ChannelId(1));
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, AsBytes("open"));
  Settle();
  wire::RefusedBody body{.code = wire::RefusalCode::kRefused, .text = "refused"};
  b->channels->OnAcceptRefused(
      {b->authd.accepts.back().request, 1, "dns", "not on the list", body.Serialize()});
  Settle();
  EXPECT_EQ(edge.ReceiveTypes(), (std::vector{FrameType::kLinkUp, FrameType::kRefused}));
  ASSERT_EQ(a->channels->refusals().kept().size(), 1u);
  EXPECT_EQ(a->channels->refusals().kept()[0].direction, Refusal::Direction::kIn);
  ASSERT_EQ(b->channels->refusals().kept().size(), 1u);
  EXPECT_EQ(b->channels->refusals().kept()[0].text, "not on the list");
  EXPECT_EQ(b->only_association().streams.in_use(), 1u);

  edge.Send(FrameType::kNote, ChannelId(),
            ipc::Note{ipc::NoteState::kRefused, "l", "r", "proven reason", true}.Serialize());
  Settle();
  EXPECT_TRUE(a->channels->refusals().kept()[0].authenticated);
  EXPECT_EQ(a->channels->refusals().kept()[0].text, "proven reason");

  TestEdge second = OpenChannel(edge, ChannelId(78));
  edge.Send(FrameType::kSealed, ChannelId(78), AsBytes("x"));
  other.Send(FrameType::kSealed, ChannelId(1), AsBytes("y"));
  Settle();
  EXPECT_EQ(second.ReceiveTypes(), std::vector{FrameType::kSealed});
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kSealed});
}

TEST_F(ChannelTest, DeadEdgeIsToldAsAborted) {
  BringUp();
  auto edge = std::make_unique<TestEdge>(a->Attach("dns"));
  TestEdge served = OpenChannel(*edge, kId);
  edge.reset();
  Settle();
  auto frames = served.Receive();
  ASSERT_EQ(frames.size(), 1u);
  auto body = wire::ClosedBody::Parse(ByteView(frames[0]).subspan(wire::kFrameHeaderSize));
  ASSERT_TRUE(body);
  EXPECT_EQ(body->code, wire::ClosedCode::kAborted);
  EXPECT_EQ(a->only_association().streams.in_use(), 1u);
  served.SendClosed(kId);
  Settle();
  EXPECT_EQ(a->only_association().streams.in_use(), 0u);
  EXPECT_TRUE(a->channels->channels().empty());
}

TEST_F(ChannelTest, EdgeThatDoesNotAnswerClosedIsLeftBehind) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  edge.SendClosed(kId);
  Settle();
  Advance(11s);
  EXPECT_EQ(a->only_association().streams.in_use(), 0u);
  EXPECT_EQ(b->only_association().streams.in_use(), 0u);
  served.Receive();
  EXPECT_TRUE(served.closed);
}

TEST_F(ChannelTest, LostAssociationEndsEachLink) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  edge.Receive();
  a->engine->EndByPeer(a->only_association().id(), sctp::DownReason::kRestarted);
  Settle();
  auto frames = edge.Receive();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(EndOf(frames[0]).code, ipc::LinkEndCode::kPeerDown);
  EXPECT_TRUE(edge.closed);
  EXPECT_TRUE(a->channels->channels().empty());
}

TEST_F(ChannelTest, FullAssociationStopsReadingAndGoesOnLater) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  a->engine->MakeRoom(2500);
  for (int i = 0; i < 10; ++i) edge.Send(FrameType::kSealed, kId, Bytes(1000, 1));
  Settle();
  EXPECT_EQ(served.Receive().size(), 2u);
  a->engine->MakeRoom(1 << 20);
  Settle();
  EXPECT_EQ(served.Receive().size(), 8u);
}

TEST_F(ChannelTest, BulkChannelsTakeTurnsAndALoneRequestPasses) {
  BringUp();
  std::vector<TestEdge> edges, served;
  for (std::uint32_t i = 0; i < 3; ++i) {
    edges.push_back(a->Attach("dns"));
    served.push_back(OpenChannel(edges[i], ChannelId(i)));
  }
  a->engine->MakeRoom(0);
  for (int i = 0; i < 12; ++i)
    for (std::uint32_t bulk : {0u, 1u})
      edges[bulk].Send(FrameType::kSealed, ChannelId(bulk), Bytes(16000, 1));
  Settle();
  a->engine->MakeRoom(120000);
  Settle();
  EXPECT_GT(served[0].Receive().size(), 0u);
  EXPECT_GT(served[1].Receive().size(), 0u);
  a->engine->MakeRoom(200);
  edges[2].Send(FrameType::kSealed, ChannelId(2), AsBytes("request"));
  Settle();
  EXPECT_EQ(served[2].Receive().size(), 1u);
}

class TurnsTest : public ChannelTest {
 protected:
  // Two services with much to send each; returns how many frames of each the peer has after there
  // was room for ROOM bytes.
  std::pair<std::size_t, std::size_t> Share(const config::ServiceConfig& first,
                                            const config::ServiceConfig& second, std::size_t room) {
    config_a.services = {first, second};
    config_b.services = {MakeService("dns", config::Role::kConnect, "")};
    BringUp();
    std::vector<TestEdge> edges, served;
    for (std::uint32_t i = 0; i < 2; ++i) {
      edges.push_back(a->Attach(config_a.services[i].name.text()));
      served.push_back(OpenChannel(edges[i], ChannelId(i)));
    }
    a->engine->MakeRoom(0);
    for (int i = 0; i < 13; ++i)  // what a socket can hold
      for (std::uint32_t bulk : {0u, 1u})
        edges[bulk].Send(FrameType::kSealed, ChannelId(bulk), Bytes(16000, 1));
    Settle();
    a->engine->MakeRoom(room);
    Settle();
    return {served[0].Receive().size(), served[1].Receive().size()};
  }
};

TEST_F(TurnsTest, WeightDecidesTheShare) {
  auto heavy = MakeService("dns", config::Role::kListen, "b");
  auto light = MakeService("dns2", config::Role::kListen, "b");
  heavy.weight = 30;
  auto [many, few] = Share(heavy, light, 256'000);
  EXPECT_GE(many, 2 * few);
  EXPECT_GE(few, 2u);
}

TEST_F(TurnsTest, BetterPriorityGoesFirst) {
  auto usual = MakeService("dns", config::Role::kListen, "b");
  auto urgent = MakeService("dns2", config::Role::kListen, "b");
  urgent.priority = 0;
  auto [none, all] = Share(usual, urgent, 200'000);
  EXPECT_EQ(none, 0u);
  EXPECT_GT(all, 10u);
}

TEST_F(ChannelTest, ReloadEndsTheChannelsOfAServiceThatWent) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  TestEdge back = b->Attach("back");
  Settle();
  a->shared.config.services.pop_back();
  a->channels->Reload();
  Settle();
  auto frames = edge.Receive();
  EXPECT_EQ(EndOf(frames.back()).code, ipc::LinkEndCode::kConfiguration);
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kClosed});
  back.Receive();
  EXPECT_FALSE(back.closed);
}

// The engine has room for a frame from time to time, each time less than a turn's worth.
TEST_F(ChannelTest, TurnsThatTheEngineInterruptsEndAllTheSame) {
  BringUp();
  TestEdge first = a->Attach("dns"), second = a->Attach("dns");
  Settle();
  TestEdge served_first = OpenChannel(first, ChannelId(1));
  TestEdge served_second = OpenChannel(second, ChannelId(2));

  a->engine->room_bytes = 0;
  for (int i = 0; i < 8; ++i) {
    first.Send(wire::FrameType::kSealed, ChannelId(1), Bytes(16'000));
    second.Send(wire::FrameType::kSealed, ChannelId(2), Bytes(16'000));
  }
  Settle();

  a->engine->sent.clear();
  for (int i = 0; i < 10; ++i) {
    a->engine->MakeRoom(20'000);
    Settle();
  }

  std::map<StreamId, int> frames;
  for (const auto& sent : a->engine->sent) ++frames[sent.stream];
  ASSERT_EQ(frames.size(), 2u);
  for (const auto& [stream, count] : frames) EXPECT_GE(count, 4);
}

}  // namespace
}  // namespace funnel::sctpd
