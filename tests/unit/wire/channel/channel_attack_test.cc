// What somebody on the path can do.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;

// --- on the path

TEST(ChannelAttack, AReplayedFrameIsCountedAndDeliversNothing) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.a.channel->SendDatagram(*id, AsBytes("once"));
  ends.Flush(ends.a);
  const Bytes frame = ends.a.out.Take();
  for (int i = 0; i < 5; ++i) ends.Give(ends.b, frame);
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 1u);
  EXPECT_EQ(ends.b.channel->stats().replays, 4u);
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(ChannelAttack, NoAlteredByteGetsThrough) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.a.channel->SendDatagram(*id, AsBytes("precious"));
  ends.Flush(ends.a);
  const Bytes frame = ends.a.out.Take();
  for (std::size_t at = 0; at < frame.size(); ++at) {
    if (at >= 8 && at < kFrameHeaderSize) continue;  // the lifetime: below
    Bytes altered = frame;
    altered[at] ^= 0x41;
    ends.Give(ends.b, altered);
  }
  for (std::size_t size = 0; size < frame.size(); ++size)
    ends.Give(ends.b, Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)));
  EXPECT_EQ(ends.b.seen.confirmed, 0);
  EXPECT_TRUE(ends.b.seen.sessions.empty());
  EXPECT_EQ(ends.b.channel->state(), State::kConfirming);
  EXPECT_GT(ends.b.channel->stats().forged, frame.size());
  ends.Give(ends.b, frame);
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 1u);
}

TEST(ChannelAttack, AnAlteredLifetimeIsNoticedAndLosesNothing) {
  Ends ends;
  ends.Flush(ends.a);
  Bytes frame = ends.a.out.Take();
  frame[11] = 1;
  ends.Give(ends.b, frame);
  EXPECT_EQ(ends.b.channel->stats().header_mismatches, 1u);
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(ChannelAttack, FramesOfAnotherChannelOrDirectionAreForgeries) {
  Ends ends, others({}, /*key=*/8);
  ends.Run();
  others.Flush(others.a);
  ends.Give(ends.b, others.a.out.Take());
  EXPECT_EQ(ends.b.channel->stats().forged, 1u);
  // Its own frame is sent back to it.
  ends.a.channel->Ping(1, ends.now);
  ends.Flush(ends.a);
  ends.Give(ends.a, ends.a.out.Take());
  EXPECT_EQ(ends.a.channel->stats().forged, 1u);
}

TEST(ChannelAttack, FramesOfAnotherEpochAreCounted) {
  Ends ends;
  ends.Flush(ends.a);
  Bytes frame = ends.a.out.Take();
  frame[3] = 1;
  ends.Give(ends.b, frame);
  EXPECT_EQ(ends.b.channel->stats().wrong_epoch, 1u);
  EXPECT_EQ(ends.b.channel->state(), State::kConfirming);
}

TEST(ChannelAttack, RandomBytesEndNothing) {
  Ends ends;
  ends.Run();
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const std::string noise = Pattern(seed % 200, seed);
    Bytes frame(noise.begin(), noise.end());
    if (seed % 2 && frame.size() >= kFrameHeaderSize)
      FrameHeader{.channel = Ends::kId}.Serialize(std::span(frame).first<kFrameHeaderSize>());
    ends.Give(ends.b, frame);
  }
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(ChannelAttack, AMissingReliableFrameClosesAfterTheTimeout) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendBytes(*id, AsBytes("lost"));
  ends.Flush(ends.a);
  ends.a.out.frames.clear();
  (void)ends.a.channel->SendBytes(*id, AsBytes("after"));
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "");
  ends.Pass(std::chrono::seconds(59));
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
  ends.Pass(std::chrono::seconds(2));
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kTruncated);
  EXPECT_FALSE(ends.b.seen.ended[0].clean);
  EXPECT_TRUE(ends.b.seen.sessions[*id].reset);
  EXPECT_FALSE(ends.b.seen.sessions[*id].fin);
}

TEST(ChannelAttack, APingShowsThatTheLastFrameIsMissing) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendBytes(*id, AsBytes("lost"));
  ends.Flush(ends.a);
  ends.a.out.frames.clear();
  ends.Pass(std::chrono::seconds(31));
  ends.Run();  // the PING
  ends.Pass(std::chrono::seconds(61));
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kTruncated);
}

TEST(ChannelAttack, AFrameHeldBackBeyondTheWindowIsTampering) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  ends.a.channel->SendDatagram(*id, AsBytes("held back"));
  ends.Flush(ends.a);
  ends.a.out.frames.clear();
  int frames = 0;
  for (; frames < 70000 && ends.b.channel->state() == State::kOpen; ++frames) {
    ends.a.channel->SendDatagram(*id, AsBytes("x"));
    ends.Flush(ends.a);
    ends.Deliver(ends.a);
  }
  EXPECT_EQ(frames, 65536);
  ends.Run();
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kProtocol);
  EXPECT_FALSE(ends.b.seen.ended[0].clean);
}

TEST(ChannelAttack, ExpiredDatagramsAreNoTampering) {
  ChannelSettings settings;
  settings.lifetime = std::chrono::seconds(1);
  Ends ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  for (int i = 0; i < 140'000; ++i) {
    ends.a.channel->SendDatagram(*id, AsBytes("x"));
    ends.Flush(ends.a);
    if (i % 1000 == 0)
      ends.Deliver(ends.a);
    else
      ends.a.out.frames.clear();
  }
  ends.Pass(std::chrono::seconds(61));
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

// --- the handshake was altered

TEST(ChannelAttack, AWrongConfirmEndsTheChannelBeforeAnythingIsActedOn) {
  Ends ends;
  Bytes raw;
  AppendRecord(raw, ConfirmRecord{Bytes(32, 9)});
  AppendRecord(raw, OpenSessionRecord{SessionId(0), {}});
  ends.Give(ends.b, Rogue(Role::kInitiator).Seal({.reliable = true}, raw));
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_FALSE(ends.b.seen.ended[0].clean);
  EXPECT_EQ(ends.b.seen.confirmed, 0);
  EXPECT_TRUE(ends.b.seen.sessions.empty());
  EXPECT_FALSE(ends.b.channel->WantsFlush());
}

TEST(ChannelAttack, AMissingConfirmEndsTheChannel) {
  Ends ends;
  Bytes raw;
  AppendRecord(raw, OpenSessionRecord{SessionId(0), {}});
  ends.Give(ends.b, Rogue(Role::kInitiator).Seal({.reliable = true}, raw));
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_TRUE(ends.b.seen.sessions.empty());
}

TEST(ChannelAttack, TheInitiatorChecksConfirmToo) {
  Ends ends;
  Bytes raw;
  AppendRecord(raw, ConfirmRecord{Bytes(32, 9)});
  ends.Give(ends.a, Rogue(Role::kAcceptor).Seal({.reliable = true}, raw));
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_EQ(ends.a.seen.ended[0].code, EndCode::kProtocol);
}

}  // namespace
}  // namespace funnel::wire::testing
