#include "funnel-sctpd/channel/channel_ends.h"

#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;

class ChannelEndsTest : public ChannelParts {
 protected:
  ChannelEndsTest() : association(MakeUp()), channel(Add(ChannelRole::kConnect)) {
    link = &Link(channel);
    channel.TakeStream(*association, StreamId(1), ChannelId(1));
    channel.stream()->opened = true;
    channel.SetState(ChannelState::kOpen, "");
  }
  ~ChannelEndsTest() override { channels.Clear(); }

  std::unique_ptr<Association> association;
  Channel& channel;
  TestLink* link;
};

TEST_F(ChannelEndsTest, DroppedLinkWaitsForThePeersClosed) {
  ends.Drop(channel, wire::ClosedCode::kAborted, "gone");
  EXPECT_EQ(channel.link, nullptr);
  EXPECT_EQ(associations.sent, std::vector{FrameType::kClosed});
  EXPECT_EQ(channel.state(), ChannelState::kClosing);
  EXPECT_FALSE(channel.ending);
  EXPECT_FALSE(ends.Sweep());
  channel.stream()->closed_received = true;
  ends.Drop(channel, wire::ClosedCode::kAborted, "gone");
  EXPECT_EQ(associations.sent.size(), 1u) << "CLOSED goes once";
  EXPECT_TRUE(channel.ending);
}

TEST_F(ChannelEndsTest, EndFreesTheStreamAtOnceAndTheRestLater) {
  ends.End(channel, ipc::LinkEndCode::kClosed, "done");
  ends.End(channel, ipc::LinkEndCode::kClosed, "done");
  EXPECT_EQ(association->streams.in_use(), 0u);
  EXPECT_TRUE(association->users.empty());
  ASSERT_EQ(link->output.size(), 1u);
  EXPECT_EQ(TestEdge::TypeOf(link->output[0]), FrameType::kLinkEnd);
  EXPECT_EQ(channels.All().size(), 1u);
  EXPECT_TRUE(ends.Sweep());
  EXPECT_TRUE(channels.All().empty());
  EXPECT_FALSE(ends.Sweep());
}

TEST_F(ChannelEndsTest, UnansweredOpenIsRefusedInsteadOfClosed) {
  Channel& passed_on = Add(ChannelRole::kConnect);
  passed_on.TakeStream(*association, StreamId(2), ChannelId(2));
  Link(passed_on);
  pending.AwaitNextHop(passed_on);
  ends.Drop(passed_on, wire::ClosedCode::kNoLink, "the way on is gone");
  EXPECT_EQ(associations.sent, std::vector{FrameType::kRefused});
  EXPECT_TRUE(passed_on.ending);
  EXPECT_EQ(pending.size(), 0u);
  EXPECT_EQ(counters[kRelaysRefused].value(), 1u);
}

TEST_F(ChannelEndsTest, ListenerWantsItsPeerNoMore) {
  associations.wanted = {"b"};
  Channel& listening = Add(ChannelRole::kListen);
  Link(listening);
  ends.Drop(listening, wire::ClosedCode::kAborted, "its edge has gone");
  EXPECT_TRUE(listening.ending) << "no stream, no peer to wait for";
  EXPECT_EQ(associations.wanted.size(), 1u);
  ends.Sweep();
  EXPECT_TRUE(associations.wanted.empty());
}

TEST_F(ChannelEndsTest, NonceIsFreeWhenTheChannelEnds) {
  PassingNonces nonces;
  channel.relay.emplace("c", nonces.Add({}));
  ends.End(channel, ipc::LinkEndCode::kClosed, "");
  EXPECT_EQ(nonces.size(), 0u);
}

}  // namespace
}  // namespace funnel::sctpd
