#include "funnel-sctpd/channel/edge_side.h"

#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;

class EdgeSideTest : public ChannelParts {
 protected:
  EdgeSideTest() : association(MakeUp()), channel(Add(ChannelRole::kListen)) {
    link = &Link(channel);
    channel.TakeStream(*association, StreamId(65), ChannelId(1));
    channel.stream()->opened = true;
    channel.SetState(ChannelState::kOpen, "");
  }
  ~EdgeSideTest() override { channels.Clear(); }

  std::unique_ptr<Association> association;
  Channel& channel;
  TestLink* link;
  EdgeSide edge_side{shared, ends};
};

TEST_F(EdgeSideTest, LostEdgeClosesTheChannelAndIsCounted) {
  edge_side.OnLinkClosed(channel);
  EXPECT_EQ(associations.sent, std::vector{FrameType::kClosed});
  EXPECT_EQ(channel.link, nullptr);
  EXPECT_EQ(channel.reason, "its edge has gone");
  EXPECT_EQ(counters[kEdgesLost].value(), 1u);
}

TEST_F(EdgeSideTest, EdgeThatHasClosedIsNotLost) {
  channel.stream()->closed_sent = true;
  channel.SetState(ChannelState::kClosing, "");
  edge_side.OnLinkClosed(channel);
  EXPECT_EQ(counters[kEdgesLost].value(), 0u);
  EXPECT_TRUE(associations.sent.empty()) << "CLOSED goes once";

  Channel& idle = Add(ChannelRole::kListen);
  Link(idle);
  edge_side.OnLinkClosed(idle);
  EXPECT_EQ(counters[kEdgesLost].value(), 0u) << "it had no stream";
  EXPECT_TRUE(idle.ending);
}

TEST_F(EdgeSideTest, EdgeThatDoesNotReadLosesItsChannelAboveTheLimit) {
  link->pending = shared.config.node.sctp.channel_queue_bytes;
  edge_side.OnQueued(channel);
  ASSERT_NE(channel.link, nullptr) << "that much may wait";
  EXPECT_EQ(counters[kChannelOverflows].value(), 0u);
  ++link->pending;
  edge_side.OnQueued(channel);
  EXPECT_EQ(channel.link, nullptr);
  EXPECT_EQ(channel.reason, "its edge does not read");
  EXPECT_EQ(associations.sent, std::vector{FrameType::kClosed});
  EXPECT_EQ(counters[kChannelOverflows].value(), 1u);
}

TEST_F(EdgeSideTest, ListenerIsConfiguredForItsPeerAndRole) {
  config::ServiceConfig& service = shared.config.services[0];
  EXPECT_TRUE(edge_side.IsConfigured(channel));
  service.peer = "c";
  EXPECT_FALSE(edge_side.IsConfigured(channel));
  service.peer = "b";
  service.role = config::Role::kConnect;
  EXPECT_FALSE(edge_side.IsConfigured(channel));
  shared.config.services.clear();
  EXPECT_FALSE(edge_side.IsConfigured(channel));
}

TEST_F(EdgeSideTest, ServedChannelMayBeForAnyPeer) {
  Channel& served = Add(ChannelRole::kConnect);
  config::ServiceConfig& service = shared.config.services[0];
  EXPECT_FALSE(edge_side.IsConfigured(served)) << "it listens";
  service.role = config::Role::kConnect;
  EXPECT_TRUE(edge_side.IsConfigured(served));
  service.peer.clear();
  EXPECT_TRUE(edge_side.IsConfigured(served)) << "for all peers";
  service.peer = "c";
  EXPECT_FALSE(edge_side.IsConfigured(served));
}

TEST_F(EdgeSideTest, EdgesAnswerNoOpensAndReportTheirConnections) {
  EXPECT_FALSE(edge_side.OnAnswer(channel, FrameType::kOpened, {}));
  EXPECT_FALSE(edge_side.OnAnswer(channel, FrameType::kRefused, {}));
  shared.config.services[0].protocol = config::Protocol::kTcp;
  EXPECT_FALSE(edge_side.HidesConnections(channel));
  EXPECT_EQ(edge_side.no_answer(), "its edge does not answer");
  EXPECT_EQ(edge_side.RoleText(channel), "listen");
  EXPECT_EQ(edge_side.RoleText(Add(ChannelRole::kConnect)), "connect");
}

}  // namespace
}  // namespace funnel::sctpd
