// EdgeFrames alone; channel_test.cc has edges' frames in a whole node.
#include "funnel-sctpd/channel/edge_frames.h"

#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {
namespace {

using wire::FrameType;
using Taken = FrameTaker::Taken;

class EdgeFramesTest : public ChannelParts {
 protected:
  EdgeFramesTest() : association(MakeUp(Connect())), channel(Add(ChannelRole::kListen)) {
    link = &Link(channel);
    channel.Join(*association);
  }
  ~EdgeFramesTest() override { channels.Clear(); }

  Taken Give(Channel& to, FrameType type, ChannelId id, ByteView body, std::uint32_t lifetime = 0) {
    return frames.TakeFromLink(
        to, wire::MakeFrame({.type = type, .channel = id, .lifetime_ms = lifetime}, body));
  }
  Taken Give(FrameType type, ByteView body, std::uint32_t lifetime = 0) {
    return Give(channel, type, kId, body, lifetime);
  }
  // OPEN was sent, and OPENED has come.
  void Open() {
    ASSERT_EQ(Give(FrameType::kOpen, AsBytes("open")), Taken::kYes);
    channel.stream()->opened = true;
    channel.SetState(ChannelState::kOpen, "");
    engine.sent.clear();
  }
  std::uint64_t Count(Counter counter) { return counters[counter].value(); }

  std::unique_ptr<Association> association;
  Channel& channel;
  TestLink* link;
  Refusals refusals;
  EdgeFrames frames{{shared, associations, links, ends, refusals}};
};

TEST_F(EdgeFramesTest, TheServicesShareGoesAlong) {
  channel.priority = 3;
  channel.weight = 30;
  Open();
  ASSERT_EQ(Give(FrameType::kSealed, AsBytes("sealed")), Taken::kYes);
  ASSERT_EQ(engine.sent.size(), 1u);
  EXPECT_EQ(engine.sent[0].options.share, (sctp::SendOptions::Share{.priority = 3, .weight = 30}));
}

TEST_F(EdgeFramesTest, OpenTakesAStreamAndGoesOut) {
  EXPECT_EQ(Give(FrameType::kOpen, AsBytes("open")), Taken::kYes);
  EXPECT_EQ(channel.state(), ChannelState::kOpening);
  ASSERT_NE(channel.stream(), nullptr);
  EXPECT_EQ(association->streams.At(channel.stream()->id), &channel);
  ASSERT_EQ(engine.sent.size(), 1u);
  EXPECT_EQ(engine.sent[0].stream, channel.stream()->id);
  EXPECT_FALSE(engine.sent[0].options.unordered) << "nothing may overtake it";
  EXPECT_EQ(Count(kOpensSent), 1u);

  EXPECT_EQ(Give(FrameType::kOpen, AsBytes("again")), Taken::kYes);
  EXPECT_EQ(engine.sent.size(), 1u) << "it holds a stream";
  EXPECT_EQ(Count(kDropEdgeState), 1u);
  EXPECT_EQ(channel.stats.frames_dropped, 1u);
}

TEST_F(EdgeFramesTest, SealedFramesAreCopiedWhereTheServiceWantsIt) {
  Open();
  EXPECT_EQ(Give(FrameType::kSealed, AsBytes("sealed")), Taken::kYes);
  channel.copied = true;
  EXPECT_EQ(Give(FrameType::kSealed, AsBytes("sealed")), Taken::kYes);
  ASSERT_EQ(engine.sent.size(), 2u);
  EXPECT_FALSE(engine.sent[0].options.copied);
  EXPECT_TRUE(engine.sent[1].options.copied);
}

TEST_F(EdgeFramesTest, OpenOfAServedChannelIsDropped) {
  Channel& served = Add(ChannelRole::kConnect);
  Link(served);
  served.TakeStream(*association, StreamId(66), kId);
  EXPECT_EQ(Give(served, FrameType::kOpen, kId, AsBytes("open")), Taken::kYes);
  EXPECT_EQ(Count(kDropEdgeState), 1u);
  EXPECT_TRUE(engine.sent.empty());
}

TEST_F(EdgeFramesTest, OpenWithoutAssociationIsRefused) {
  channel.Leave();
  EXPECT_EQ(Give(FrameType::kOpen, AsBytes("open")), Taken::kYes);
  ASSERT_EQ(link->output.size(), 1u);
  EXPECT_EQ(TestEdge::TypeOf(link->output[0]), FrameType::kRefused);
  EXPECT_EQ(channel.state(), ChannelState::kRefused);
  EXPECT_EQ(channel.reason, "no association");
}

TEST_F(EdgeFramesTest, OpenDoesNotOvertakeAnEarlierClosed) {
  engine.room_bytes = 0;
  ASSERT_TRUE(association->SendControl(engine, StreamId(65), Bytes(12)));
  engine.room_bytes = SIZE_MAX;
  EXPECT_EQ(Give(FrameType::kOpen, AsBytes("open")), Taken::kBlocked);
  EXPECT_EQ(channel.stream(), nullptr);
  ASSERT_TRUE(association->FlushControl(engine));
  EXPECT_EQ(Give(FrameType::kOpen, AsBytes("open")), Taken::kYes);
  EXPECT_NE(channel.stream(), nullptr);
}

TEST_F(EdgeFramesTest, OpenThatFindsTheEngineFullComesAgain) {
  engine.room_bytes = 0;
  EXPECT_EQ(Give(FrameType::kOpen, AsBytes("open")), Taken::kBlocked);
  EXPECT_EQ(channel.stream(), nullptr);
  EXPECT_EQ(association->streams.in_use(), 0u);
  EXPECT_EQ(Count(kOpensSent), 0u);
}

TEST_F(EdgeFramesTest, PinnedServiceUsesItsOwnStreamsOnly) {
  shared.config.services[0].stream = StreamId(5);
  shared.config.services[0].channels = 2;
  for (std::uint16_t expected : {5, 6}) {
    Channel& next = Add(ChannelRole::kListen);
    Link(next);
    next.Join(*association);
    EXPECT_EQ(Give(next, FrameType::kOpen, kId, AsBytes("open")), Taken::kYes);
    ASSERT_NE(next.stream(), nullptr);
    EXPECT_EQ(next.stream()->id, StreamId(expected));
  }
  EXPECT_EQ(Give(FrameType::kOpen, AsBytes("open")), Taken::kYes);
  EXPECT_EQ(channel.reason, "no stream is free");
  EXPECT_EQ(channel.stream(), nullptr);
}

TEST_F(EdgeFramesTest, SealedGoesOutWithItsLifetime) {
  Open();
  now += 5s;
  const Bytes body(100);
  EXPECT_EQ(Give(FrameType::kSealed, body, 40), Taken::kYes);
  ASSERT_EQ(engine.sent.size(), 1u);
  EXPECT_EQ(engine.sent[0].stream, channel.stream()->id);
  EXPECT_TRUE(engine.sent[0].options.unordered);
  EXPECT_EQ(engine.sent[0].options.lifetime, 40ms);
  EXPECT_EQ(association->active, now);
  EXPECT_EQ(channel.stats.frames_sent, 1u);
  EXPECT_EQ(channel.stats.bytes_sent, wire::kFrameHeaderSize + 100);
}

TEST_F(EdgeFramesTest, SealedIsBlockedWhileTheEngineIsFull) {
  Open();
  engine.room_bytes = 0;
  EXPECT_EQ(Give(FrameType::kSealed, Bytes(100)), Taken::kBlocked);
  EXPECT_EQ(Count(kSendBlocked), 1u);
  EXPECT_EQ(channel.stats.frames_sent, 0u);
}

TEST_F(EdgeFramesTest, SealedGoesOnlyOnAChannelThatIsOpen) {
  ASSERT_EQ(Give(FrameType::kOpen, AsBytes("open")), Taken::kYes);
  EXPECT_EQ(Give(FrameType::kSealed, Bytes(10)), Taken::kYes);
  EXPECT_EQ(Count(kDropEdgeState), 1u) << "before OPENED";
  channel.stream()->opened = true;
  channel.SetState(ChannelState::kOpen, "");
  EXPECT_EQ(Give(channel, FrameType::kSealed, ChannelId(8), Bytes(10)), Taken::kYes);
  EXPECT_EQ(Count(kDropEdgeChannel), 1u) << "an earlier channel's";
  EXPECT_EQ(Give(FrameType::kClosed, wire::ClosedBody{}.Serialize()), Taken::kYes);
  EXPECT_EQ(Give(FrameType::kSealed, Bytes(10)), Taken::kYes);
  EXPECT_EQ(Count(kDropEdgeState), 2u) << "after CLOSED";
  EXPECT_EQ(engine.sent.size(), 1u) << "OPEN only";
}

TEST_F(EdgeFramesTest, ClosedGoesOnceAndWaitsForThePeers) {
  Open();
  EXPECT_EQ(Give(FrameType::kClosed, wire::ClosedBody{}.Serialize()), Taken::kYes);
  EXPECT_EQ(associations.sent, std::vector{FrameType::kClosed});
  EXPECT_EQ(channel.state(), ChannelState::kClosing);
  EXPECT_FALSE(channel.ending);
  EXPECT_EQ(Give(FrameType::kClosed, wire::ClosedBody{}.Serialize()), Taken::kYes);
  EXPECT_EQ(associations.sent.size(), 1u);
  EXPECT_EQ(Count(kDropEdgeState), 1u);
}

TEST_F(EdgeFramesTest, ClosedAfterThePeersEndsTheChannel) {
  Open();
  channel.stream()->closed_received = true;
  channel.SetState(ChannelState::kClosing, "");
  EXPECT_EQ(Give(FrameType::kClosed, wire::ClosedBody{}.Serialize()), Taken::kYes);
  EXPECT_TRUE(channel.ending);
  EXPECT_EQ(association->streams.in_use(), 0u);
}

TEST_F(EdgeFramesTest, NoteIsKeptAndProvesARefusal) {
  refusals.Add({.service = "dns", .peer = "b", .text = "as the wire said"}, 10);
  ipc::Note note{.state = ipc::NoteState::kRefused, .text = "not for you", .authenticated = true};
  EXPECT_EQ(Give(FrameType::kNote, note.Serialize()), Taken::kYes);
  ASSERT_TRUE(channel.note);
  EXPECT_EQ(channel.reason, "not for you");
  EXPECT_TRUE(channel.reason_authenticated);
  EXPECT_TRUE(refusals.kept()[0].authenticated);
  EXPECT_EQ(refusals.kept()[0].text, "not for you");

  // A note without text leaves the reason as it is.
  EXPECT_EQ(Give(FrameType::kNote, ipc::Note{.state = ipc::NoteState::kOpen}.Serialize()),
            Taken::kYes);
  EXPECT_EQ(channel.note->state, ipc::NoteState::kOpen);
  EXPECT_EQ(channel.reason, "not for you");
}

TEST_F(EdgeFramesTest, NonsenseIsDroppedAndCounted) {
  EXPECT_EQ(frames.TakeFromLink(channel, Bytes(3)), Taken::kYes);
  EXPECT_EQ(Give(FrameType::kNote, Bytes{0xff}), Taken::kYes);
  EXPECT_EQ(Count(kDropEdgeMalformed), 2u);
  for (FrameType type : {FrameType::kOpened, FrameType::kRefused, FrameType::kLinkUp,
                         FrameType::kLinkEnd, FrameType::kClosed})
    EXPECT_EQ(Give(type, {}), Taken::kYes);
  EXPECT_EQ(Count(kDropEdgeState), 5u) << "none of them is an edge's to send here";
  EXPECT_EQ(channel.stats.frames_dropped, 7u);
  EXPECT_TRUE(engine.sent.empty());
}

TEST_F(EdgeFramesTest, FirstFrameShowsThatTheEdgeHasAdopted) {
  Channel& served = Add(ChannelRole::kConnect);
  Link(served);
  served.TakeStream(*association, StreamId(66), kId);
  served.stream()->opened = true;
  served.SetState(ChannelState::kOpen, "");
  channels.SetDeadline(served, 15s);
  EXPECT_EQ(Give(served, FrameType::kNote, kId, ipc::Note{}.Serialize()), Taken::kYes);
  EXPECT_EQ(channels.NextTimer(), TimePoint::max());
}

}  // namespace
}  // namespace funnel::sctpd
