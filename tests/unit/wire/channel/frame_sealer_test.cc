#include "common/wire/channel/frame_sealer.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/channel/parts.h"

namespace funnel::wire::testing {
namespace {

TEST(FrameSealer, AnAcceptorWaitsForTheInitiator) {
  Parts initiator(Role::kInitiator), acceptor(Role::kAcceptor);
  for (Parts* end : {&initiator, &acceptor}) end->epochs.current().peer_confirmed = false;
  EXPECT_TRUE(initiator.sealer.CanSeal());
  EXPECT_FALSE(acceptor.sealer.CanSeal());
  acceptor.epochs.current().peer_confirmed = true;
  EXPECT_TRUE(acceptor.sealer.CanSeal());
}

TEST(FrameSealer, AFrameOfOnePacketIsNotLargerThanThePacket) {
  Parts parts;
  const std::size_t budget = parts.context.settings.packet_budget;
  EXPECT_EQ(parts.sealer.FixedOverhead() + parts.sealer.SmallRoom(), budget);
  const std::size_t bulk = parts.sealer.FixedOverhead() + parts.sealer.BulkRoom();
  EXPECT_EQ(bulk % budget, 0u);
  EXPECT_LE(bulk, parts.context.settings.bulk_frame);
}

TEST(FrameSealer, ConfirmCountsWhileItIsRepeated) {
  Parts parts;
  const std::size_t without = parts.sealer.FixedOverhead();
  parts.sealer.Begin();
  const std::size_t begun = parts.sealer.plain().size();
  parts.epochs.current().we_are_confirmed = false;
  const std::size_t with = parts.sealer.FixedOverhead();
  parts.sealer.Begin();
  EXPECT_EQ(with - without, parts.sealer.plain().size() - begun);
  EXPECT_GT(with, without);
}

TEST(FrameSealer, TinyBudgetsLeaveSomeRoom) {
  ChannelSettings settings;
  settings.packet_budget = 10;
  settings.bulk_frame = 1;
  Parts parts(Role::kInitiator, settings);
  EXPECT_GE(parts.sealer.SmallRoom(), 256u);
  EXPECT_GE(parts.sealer.BulkRoom(), 256u);
}

TEST(FrameSealer, CountsFramesAndTheReliableOnesAmongThem) {
  Parts parts;
  OpenedFrames sink;
  EXPECT_TRUE(parts.sealer.MustAnnounceEpoch());
  for (const int lifetime : {0, 500, 0}) {
    parts.sealer.Begin();
    const ByteView piece(parts.sealer.plain());
    ASSERT_TRUE(parts.sealer.Seal(sink, sink.Reserve(1000), std::chrono::milliseconds(lifetime),
                                  {&piece, 1}));
  }
  EXPECT_FALSE(parts.sealer.MustAnnounceEpoch());
  ASSERT_EQ(sink.headers.size(), 3u);
  EXPECT_EQ(sink.headers[2].sequence, 2u);
  EXPECT_EQ(sink.headers[2].reliable_before, 1u);
  EXPECT_FALSE(sink.headers[1].reliable);
  EXPECT_EQ(parts.context.stats.frames_sent, 3u);
  EXPECT_EQ(parts.epochs.current().frames, 3u);
}

TEST(FrameSealer, AnEpochThatIsUsedUpSealsNothing) {
  Parts parts;
  OpenedFrames sink;
  parts.epochs.current().reliable_sent = kMaxReliableFrames;
  parts.sealer.Begin();
  const ByteView piece(parts.sealer.plain());
  EXPECT_FALSE(
      parts.sealer.Seal(sink, sink.Reserve(1000), std::chrono::milliseconds(0), {&piece, 1}));
  EXPECT_TRUE(sink.frames.empty());
}

TEST(FrameSealer, AChunkIsOneBulkFrame) {
  Parts parts;
  Session& session = parts.Open();
  const std::size_t chunk = parts.sealer.ChunkCapacity(session);
  const Bytes payload(chunk);
  const MessageRecord record = parts.Message(session, 1, payload);
  EXPECT_LE(MessageHeaderSize(record) + chunk, parts.sealer.BulkRoom());
  EXPECT_GT(chunk, parts.sealer.BulkRoom() - kMaxMessageHeader);
}

}  // namespace
}  // namespace funnel::wire::testing
