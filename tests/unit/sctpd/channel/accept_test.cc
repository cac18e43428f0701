// A peer's OPEN: what it may cost, who is asked, who wins.
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;

class AcceptTest : public TwoNodes {
 protected:
  static constexpr ChannelId kId{77};
};

TEST_F(AcceptTest, OpenAfterOpenCostsLittleAndStartsNothing) {
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

TEST_F(AcceptTest, HalfOpenLimitInAllHolds) {
  config_b.node.sctp.half_open_total = 2;
  BringUp();
  for (std::uint16_t i = 0; i < 5; ++i) {
    StreamId stream(static_cast<std::uint16_t>(65 + 2 * i));
    a->engine->Send(a->only_association().id(), stream,
                    wire::MakeFrame({.type = FrameType::kOpen, .channel = ChannelId(i)}, {}), {});
  }
  Settle();
  EXPECT_EQ(b->authd.accepts.size(), 2u);
  EXPECT_EQ(b->Count(kOpensBusy), 3u);
}

TEST_F(AcceptTest, AuthdIsAskedAgainAfterItsRestart) {
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

TEST_F(AcceptTest, OpenTakenBackBeforeTheVerdictDropsTheClaim) {
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

TEST_F(AcceptTest, ServiceWithoutEdgeIsNoRoute) {
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

TEST_F(AcceptTest, EdgeThatNeverAdoptsIsGivenUp) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  Advance(16s);
  EXPECT_EQ(edge.ReceiveTypes(),
            (std::vector{FrameType::kLinkUp, FrameType::kOpened, FrameType::kClosed}));
}

TEST_F(AcceptTest, StreamOfTheWrongNodeIsRefused) {
  BringUp();
  a->engine->Send(a->only_association().id(), StreamId(64),
                  wire::MakeFrame({.type = FrameType::kOpen, .channel = kId}, {}), {});
  Settle();
  EXPECT_EQ(b->Count(kOpensWrongParity), 1u);
  EXPECT_TRUE(b->authd.accepts.empty());
}

TEST_F(AcceptTest, RepeatedOpenLeavesTheChannelAlone) {
  BringUp();
  TestEdge edge = a->Attach("dns");
  TestEdge served = OpenChannel(edge, kId);
  Bytes again = a->engine->sent[0].message;
  b->engine->Inject(b->only_association().id(), a->engine->sent[0].stream, sctp::kPayloadProtocol,
                    again);
  Settle();
  EXPECT_EQ(b->authd.accepts.size(), 1u);
  edge.Send(FrameType::kSealed, kId, AsBytes("x"));
  Settle();
  EXPECT_EQ(served.ReceiveTypes(), std::vector{FrameType::kSealed});
}

TEST_F(AcceptTest, LowerNodesOpenWinsAPinnedStream) {
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

}  // namespace
}  // namespace funnel::sctpd
