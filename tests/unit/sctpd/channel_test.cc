// Channels between two nodes: opening, refusing, carrying, closing, and everything that breaks.
#include <dirent.h>

#include "common/base/random.h"
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

TEST_F(ChannelTest, OpenAfterOpenCostsLittleAndStartsNothing) {
  config_b.node.sctp.half_open_per_association = 4;
  BringUp();
  for (std::uint16_t i = 0; i < 20; ++i) {
    StreamId stream(static_cast<std::uint16_t>(65 + 2 * i));
    a->engine->Send(a->only_association().id(), stream,
                    wire::MakeFrame({.type = FrameType::kOpen, .channel = ChannelId(i)}, {}), {});
  }
  Settle();
  EXPECT_EQ(b->authd.accepts.size(), 4u);
  EXPECT_EQ(b->Count(kOpensBusy), 16u);
  EXPECT_TRUE(b->services.links.empty());
  EXPECT_EQ(b->only_association().half_open, 4u);
  Advance(16s);
  EXPECT_EQ(b->only_association().half_open, 0u);
  EXPECT_EQ(b->only_association().streams.in_use(), 0u);
  EXPECT_TRUE(b->channels->channels().empty());
}

TEST_F(ChannelTest, HalfOpenLimitInAllHolds) {
  config_b.node.sctp.half_open_total = 2;
  BringUp();
  for (std::uint16_t i = 0; i < 5; ++i) {
    StreamId stream(static_cast<std::uint16_t>(65 + 2 * i));
    a->engine->Send(a->only_association().id(), stream,
                    wire::MakeFrame({.type = FrameType::kOpen, .channel = ChannelId(i)}, {}), {});
  }
  Settle();
  EXPECT_EQ(b->authd.accepts.size(), 2u);
}

TEST_F(ChannelTest, AuthdIsAskedAgainAfterItsRestart) {
  BringUp();
  b->authd.up = false;
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, AsBytes("open"));
  Settle();
  EXPECT_TRUE(b->authd.accepts.empty());
  b->authd.up = true;
  b->channels->OnAuthdUp();
  ASSERT_EQ(b->authd.accepts.size(), 1u);
  EXPECT_EQ(AsText(b->authd.accepts[0].open_body), "open");
}

TEST_F(ChannelTest, OpenTakenBackBeforeTheVerdictDropsTheClaim) {
  BringUp();
  auto edge = std::make_unique<TestEdge>(a->Attach("dns"));
  edge->Send(FrameType::kOpen, kId, AsBytes("open"));
  Settle();
  edge.reset();
  Settle();
  EXPECT_EQ(a->only_association().streams.in_use(), 0u);
  EXPECT_EQ(b->only_association().streams.in_use(), 0u);
  AcceptLast();
  EXPECT_EQ(b->authd.dropped_claims, 1);
  EXPECT_TRUE(b->services.links.empty());
}

TEST_F(ChannelTest, ServiceWithoutEdgeIsNoRoute) {
  BringUp();
  b->services.away = true;
  TestEdge edge = a->Attach("dns");
  edge.Send(FrameType::kOpen, kId, AsBytes("open"));
  Settle();
  AcceptLast();
  Settle();
  auto frames = edge.Receive();
  ASSERT_EQ(frames.size(), 2u);
  auto body = wire::RefusedBody::Parse(ByteView(frames[1]).subspan(wire::kFrameHeaderSize));
  ASSERT_TRUE(body);
  EXPECT_EQ(body->code, wire::RefusalCode::kNoRoute);
  EXPECT_EQ(b->authd.dropped_claims, 1);
}

TEST_F(ChannelTest, EdgeThatNeverAdoptsIsGivenUp) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  Advance(16s);
  EXPECT_EQ(edge.ReceiveTypes(),
            (std::vector{FrameType::kLinkUp, FrameType::kOpened, FrameType::kClosed}));
}

TEST_F(ChannelTest, StreamOfTheWrongNodeIsRefused) {
  BringUp();
  a->engine->Send(a->only_association().id(), StreamId(64),
                  wire::MakeFrame({.type = FrameType::kOpen, .channel = kId}, {}), {});
  Settle();
  EXPECT_EQ(b->Count(kOpensWrongParity), 1u);
  EXPECT_TRUE(b->authd.accepts.empty());
}

TEST_F(ChannelTest, LowerNodesOpenWinsAPinnedStream) {
  config_a.services = {MakeService("back", config::Role::kConnect, ""),
                       MakeService("dns", config::Role::kListen, "b")};
  config_b.services = {MakeService("back", config::Role::kListen, "a"),
                       MakeService("dns", config::Role::kConnect, "")};
  config_a.services[1].stream = StreamId(5);
  config_b.services[0].stream = StreamId(5);
  BringUp();
  TestEdge low = a->Attach("dns"), high = b->Attach("back");
  Settle();
  low.Send(FrameType::kOpen, ChannelId(1), AsBytes("low"));
  high.Send(FrameType::kOpen, ChannelId(2), AsBytes("high"));
  Settle();
  EXPECT_TRUE(a->authd.accepts.empty());
  ASSERT_EQ(b->authd.accepts.size(), 1u);
  EXPECT_EQ(AsText(b->authd.accepts[0].open_body), "low");
  EXPECT_EQ(high.ReceiveTypes(), (std::vector{FrameType::kLinkUp, FrameType::kRefused}));
  AcceptLast();
  Settle();
  EXPECT_EQ(low.ReceiveTypes(), (std::vector{FrameType::kLinkUp, FrameType::kOpened}));
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

TEST_F(ChannelTest, EdgeThatDoesNotReadLosesItsChannelOnly) {
  config_b.node.sctp.channel_queue_bytes = 1 << 20;
  BringUp();
  TestEdge slow = a->Attach("dns");
  TestEdge served_slow = OpenChannel(slow, ChannelId(1));
  TestEdge fast = a->Attach("dns");
  TestEdge served_fast = OpenChannel(fast, ChannelId(2));
  for (int i = 0; i < 400 && b->Count(kChannelOverflows) == 0; ++i) {
    slow.Send(FrameType::kSealed, ChannelId(1), Bytes(16000, 1));
    Settle();
  }
  EXPECT_EQ(b->Count(kChannelOverflows), 1u);
  auto types = slow.ReceiveTypes();
  EXPECT_EQ(types.back(), FrameType::kClosed);
  fast.Send(FrameType::kSealed, ChannelId(2), AsBytes("x"));
  Settle();
  EXPECT_EQ(served_fast.ReceiveTypes(), std::vector{FrameType::kSealed});
}

TEST_F(ChannelTest, FramesThatDoNotBelongAreDroppedAndCounted) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  AssociationId to_b = b->only_association().id();
  StreamId stream = *a->channels->channels().begin()->second->stream();
  auto inject = [&](StreamId on, FrameType type, ChannelId channel) {
    b->engine->Inject(to_b, on, sctp::kPayloadProtocol,
                      wire::MakeFrame({.type = type, .channel = channel}, AsBytes("??")));
    Settle();
  };
  inject(stream, FrameType::kSealed, ChannelId(999));
  EXPECT_EQ(b->Count(kDropChannel), 1u);
  inject(StreamId(67), FrameType::kSealed, kId);
  EXPECT_EQ(b->Count(kDropStream), 1u);
  inject(stream, FrameType::kNote, kId);
  inject(stream, FrameType::kLinkEnd, kId);
  EXPECT_EQ(b->Count(kDropType) + b->Count(kDropMalformed), 2u);
  inject(stream, FrameType::kOpened, kId);
  inject(stream, FrameType::kRefused, kId);
  EXPECT_EQ(b->Count(kDropState), 2u);
  b->engine->Inject(to_b, stream, sctp::kPayloadProtocol, Bytes(5, 4));
  b->engine->Inject(to_b, stream, sctp::kPayloadProtocol, Bytes());
  Settle();
  EXPECT_TRUE(served.Receive().empty());
  edge.Send(FrameType::kSealed, kId, AsBytes("still here"));
  Settle();
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kSealed});
}

TEST_F(ChannelTest, RandomBytesOnEveryStreamEndNothing) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  AssociationId to_b = b->only_association().id();
  for (int round = 0; round < 2000; ++round) {
    Bytes noise(RandomU64() % 200);
    FillRandom(noise);
    // Half of them look like frames of our version, some on the right channel.
    if (noise.size() > 12 && round % 2 == 0) {
      noise[0] = static_cast<std::uint8_t>(round / 2 % 7);
      noise[1] = wire::kFrameVersion;
      if (round % 4 == 0) StoreBigEndian<2>(noise.data() + 2, 0);
      if (round % 4 == 0) StoreBigEndian<4>(noise.data() + 8, 0);
      if (round % 8 == 0 && noise[0] != 5) StoreBigEndian<4>(noise.data() + 4, kId.value());
    }
    b->engine->Inject(to_b, StreamId(static_cast<std::uint16_t>(1 + RandomU64() % 140)),
                      sctp::kPayloadProtocol, noise);
    if (round % 50 == 0) Settle();
  }
  Advance(20s);
  EXPECT_TRUE(b->only_association().up());
  (void)served.Receive();
  edge.Send(FrameType::kSealed, kId, AsBytes("still here"));
  Settle();
}

TEST_F(ChannelTest, EdgesNonsenseEndsThatEdgeOnly) {
  BringUp();
  TestEdge good = a->Attach("dns");
  TestEdge served = OpenChannel(good, ChannelId(1));
  TestEdge bad = a->Attach("dns");
  Settle();
  // Not the channel's id, not a type for edges, not even a frame.
  bad.Send(FrameType::kSealed, ChannelId(1), AsBytes("x"));
  bad.Send(FrameType::kOpened, kId, AsBytes("x"));
  Settle();
  EXPECT_EQ(a->Count(kDropEdgeState) + a->Count(kDropEdgeChannel), 2u);
  std::uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 0, 0};
  ASSERT_EQ(::send(bad.fd(), huge, sizeof huge, 0), 6);
  Settle();
  bad.Receive();
  EXPECT_TRUE(bad.closed);
  good.Send(FrameType::kSealed, ChannelId(1), AsBytes("x"));
  Settle();
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kSealed});
}

TEST_F(ChannelTest, ReloadEndsTheChannelsOfAServiceThatWent) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  TestEdge back = b->Attach("back");
  Settle();
  a->core.config.services.pop_back();
  a->channels->Reload();
  Settle();
  auto frames = edge.Receive();
  EXPECT_EQ(EndOf(frames.back()).code, ipc::LinkEndCode::kConfiguration);
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kClosed});
  back.Receive();
  EXPECT_FALSE(back.closed);
}

std::size_t OpenDescriptors() {
  std::size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

TEST_F(ChannelTest, NothingLeaksOverManyRounds) {
  BringUp();
  std::size_t descriptors = OpenDescriptors();
  for (std::uint32_t round = 0; round < 300; ++round) {
    TestEdge edge = a->Attach("dns");
    TestEdge served = OpenChannel(edge, ChannelId(round));
    if (round % 3 == 0) {
      edge.SendClosed(ChannelId(round));
      served.SendClosed(ChannelId(round));
      Settle();
    }
    b->authd.accepts.clear();
  }
  Settle();
  EXPECT_EQ(OpenDescriptors(), descriptors);
  EXPECT_TRUE(a->channels->channels().empty());
  EXPECT_TRUE(b->channels->channels().empty());
  EXPECT_EQ(a->only_association().streams.in_use(), 0u);
  EXPECT_EQ(a->edges->size(), 0u);
  EXPECT_EQ(a->only_association().channels, 0u);
  EXPECT_EQ(b->only_association().half_open, 0u);
}

}  // namespace
}  // namespace funnel::sctpd
