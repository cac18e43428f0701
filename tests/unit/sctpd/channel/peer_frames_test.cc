// PeerFrames alone; channel_test.cc and hostile_test.cc have peers' frames in a whole node.
#include "funnel-sctpd/channel/peer_frames.h"

#include "tests/unit/sctpd/channel/opens_harness.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;

class PeerFramesTest : public OpenParts {
 protected:
  void Give(FrameType type, ByteView body, std::uint16_t stream = 65, ChannelId id = kId) {
    Bytes frame = wire::MakeFrame({.type = type, .channel = id}, body);
    frames.OnFrame(*association, StreamId(stream), frame);
  }
  // A channel of ours, whose OPEN is on its way.
  Channel& Opening() { return Holder(ChannelRole::kListen, 65, kId); }
  Channel& Opened() {
    Channel& channel = Opening();
    channel.stream()->opened = true;
    channel.SetState(ChannelState::kOpen, "");
    return channel;
  }
  static Bytes RefusedBody(const std::string& text) {
    return wire::RefusedBody{.code = wire::RefusalCode::kNoRoute, .text = text}.Serialize();
  }
  static Bytes ClosedBody() { return wire::ClosedBody{}.Serialize(); }

  PeerFrames frames{{shared, channels, links, ends, refusals, opens}};
};

TEST_F(PeerFramesTest, NonsenseIsCountedAndIsNoSignOfLife) {
  Opened();
  now += 5s;
  Bytes tiny(3);
  frames.OnFrame(*association, StreamId(65), tiny);
  Give(FrameType::kSealed, Bytes(wire::kMaxFrameSize));
  EXPECT_EQ(Count(kDropMalformed), 2u);
  for (FrameType type : {FrameType::kLinkUp, FrameType::kLinkEnd, FrameType::kNote}) Give(type, {});
  EXPECT_EQ(Count(kDropType), 3u) << "those are ours and our edges' alone";
  EXPECT_NE(association->active, now);
}

TEST_F(PeerFramesTest, LargestFrameGoesThrough) {
  Channel& channel = Opened();
  now += 5s;
  Give(FrameType::kSealed, Bytes(wire::kMaxFrameSize - wire::kFrameHeaderSize));
  EXPECT_EQ(Count(kDropMalformed), 0u);
  EXPECT_EQ(channel.stats.bytes_received, wire::kMaxFrameSize);
  EXPECT_EQ(association->active, now);
}

TEST_F(PeerFramesTest, StreamAndChannelMustMatch) {
  Channel& channel = Opened();
  Give(FrameType::kSealed, Bytes(10), 67);
  EXPECT_EQ(Count(kDropStream), 1u);
  Give(FrameType::kSealed, Bytes(10), 65, ChannelId(8));
  EXPECT_EQ(Count(kDropChannel), 1u) << "an earlier user's";
  EXPECT_EQ(channel.stats.frames_dropped, 1u);
  EXPECT_TRUE(OutputOf(channel).empty());
}

TEST_F(PeerFramesTest, SealedNeedsOpenedAndALink) {
  Channel& channel = Opening();
  Give(FrameType::kSealed, Bytes(10));
  EXPECT_EQ(Count(kDropState), 1u);
  channel.stream()->opened = true;
  channel.SetState(ChannelState::kOpen, "");
  Give(FrameType::kSealed, Bytes(10));
  EXPECT_EQ(OutputOf(channel), std::vector{FrameType::kSealed});
  EXPECT_EQ(channel.stats.frames_received, 1u);
  ends.Drop(channel, wire::ClosedCode::kAborted, "its edge has gone");
  Give(FrameType::kSealed, Bytes(10));
  EXPECT_EQ(Count(kDropState), 2u);
}

TEST_F(PeerFramesTest, OpenedComesOnce) {
  Channel& channel = Opening();
  Give(FrameType::kOpened, AsBytes("yes"));
  EXPECT_EQ(channel.state(), ChannelState::kOpen);
  EXPECT_EQ(OutputOf(channel), std::vector{FrameType::kOpened});
  Give(FrameType::kOpened, AsBytes("yes"));
  EXPECT_EQ(Count(kDropState), 1u);
  EXPECT_EQ(OutputOf(channel).size(), 1u);
}

TEST_F(PeerFramesTest, OpenedForTheOneWhoWasAskedIsDropped) {
  Channel& asked = Holder(ChannelRole::kConnect, 65, kId);
  Give(FrameType::kOpened, AsBytes("yes"));
  Give(FrameType::kRefused, RefusedBody("no"));
  EXPECT_EQ(Count(kDropState), 2u);
  EXPECT_EQ(asked.state(), ChannelState::kOpening);
  EXPECT_TRUE(OutputOf(asked).empty());
}

TEST_F(PeerFramesTest, OpenedForAnEdgeThatHasGoneStaysHere) {
  Channel& channel = Opening();
  ends.Drop(channel, wire::ClosedCode::kAborted, "its edge has gone");
  Give(FrameType::kOpened, AsBytes("yes"));
  EXPECT_TRUE(channel.stream()->opened);
  EXPECT_EQ(channel.state(), ChannelState::kClosing);
  EXPECT_EQ(Count(kDropState), 0u);
}

TEST_F(PeerFramesTest, RefusedFreesTheStreamAndIsKept) {
  shared.config.node.sctp.refusals_kept = 1;
  refusals.Add({.service = "earlier"}, 1);
  Channel& channel = Opening();
  Give(FrameType::kRefused, RefusedBody("no\nway"));
  EXPECT_EQ(channel.state(), ChannelState::kRefused);
  EXPECT_EQ(channel.stream(), nullptr);
  EXPECT_EQ(channel.association(), association.get()) << "the edge may open again";
  EXPECT_EQ(OutputOf(channel), std::vector{FrameType::kRefused});
  EXPECT_EQ(Count(kRefusedByPeer), 1u);
  ASSERT_EQ(refusals.kept().size(), 1u);
  EXPECT_EQ(refusals.kept()[0].service, "dns");
  EXPECT_EQ(refusals.kept()[0].code, static_cast<std::uint16_t>(wire::RefusalCode::kNoRoute));
  EXPECT_EQ(refusals.kept()[0].text.find('\n'), std::string::npos) << "it is escaped";
  EXPECT_FALSE(refusals.kept()[0].authenticated);
}

TEST_F(PeerFramesTest, RefusedAfterOpenedEndsTheChannel) {
  Channel& channel = Opened();
  Give(FrameType::kRefused, RefusedBody("not any more"));
  EXPECT_TRUE(channel.ending);
  EXPECT_EQ(association->streams.in_use(), 0u);
}

TEST_F(PeerFramesTest, RefusedThatCannotBeReadChangesNothing) {
  Channel& channel = Opening();
  Give(FrameType::kRefused, Bytes{1});
  EXPECT_EQ(Count(kDropMalformed), 1u);
  EXPECT_EQ(channel.state(), ChannelState::kOpening);
  EXPECT_TRUE(refusals.kept().empty());
}

TEST_F(PeerFramesTest, ClosedWaitsForOursUntilItsTime) {
  Channel& channel = Opened();
  Give(FrameType::kClosed, ClosedBody());
  EXPECT_EQ(channel.state(), ChannelState::kClosing);
  EXPECT_EQ(OutputOf(channel), std::vector{FrameType::kClosed});
  EXPECT_EQ(channels.NextTimer(), now + 10s);
  Give(FrameType::kClosed, ClosedBody());
  EXPECT_EQ(Count(kDropState), 1u);
  EXPECT_FALSE(channel.ending);
}

TEST_F(PeerFramesTest, ClosedAfterOursEndsTheChannel) {
  Channel& channel = Opened();
  ends.Drop(channel, wire::ClosedCode::kAborted, "its edge has gone");
  Give(FrameType::kClosed, ClosedBody());
  EXPECT_TRUE(channel.ending);
  EXPECT_EQ(association->streams.in_use(), 0u);
}

TEST_F(PeerFramesTest, ClosedBeforeAuthdHasAnsweredIsAnsweredHere) {
  Channel& asked = Add(ChannelRole::kConnect);
  asked.TakeStream(*association, StreamId(66), kId);
  pending.AskAuthd(asked, AsBytes("open"));
  Give(FrameType::kClosed, ClosedBody(), 66);
  EXPECT_EQ(associations.sent, std::vector{FrameType::kClosed});
  EXPECT_TRUE(asked.ending);
  EXPECT_EQ(pending.size(), 0u);
}

TEST_F(PeerFramesTest, OpenGoesToPeerOpens) {
  Give(FrameType::kOpen, AsBytes("open"), 66);
  ASSERT_EQ(authd.accepts.size(), 1u);
  EXPECT_EQ(authd.accepts[0].open_body, Bytes({'o', 'p', 'e', 'n'}));
}

}  // namespace
}  // namespace funnel::sctpd
