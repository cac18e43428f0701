#include "common/wire/channel/frame_packer.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/channel/parts.h"

namespace funnel::wire::testing {
namespace {

using Sent = FramePacker::Sent;

// Packs frames until nothing is left; the first of the epoch was sent before.
struct Packing : Parts {
  explicit Packing(const ChannelSettings& settings = {}) : Parts(Role::kInitiator, settings) {
    EXPECT_EQ(packer.SendNext(sink), Sent::kFrame);
    EXPECT_EQ(packer.SendNext(sink), Sent::kNothing);
    sink.frames.clear();
    sink.sizes.clear();
    sink.headers.clear();
  }
  void SendAll() {
    while (true) {
      const auto sent = packer.SendNext(sink);
      ASSERT_TRUE(sent);
      if (*sent != Sent::kFrame) return;
    }
  }
  Session& WithBytes(std::size_t count) {
    Session& session = Open();
    EXPECT_EQ(send.AddBytes(session.id, Bytes(count, 1)), count);
    return session;
  }
  OpenedFrames sink;
};

TEST(FramePacker, TheFirstFrameOfAnEpochGoesOutEvenIfEmpty) {
  Parts parts;
  OpenedFrames sink;
  EXPECT_TRUE(parts.packer.HasAny());
  EXPECT_EQ(parts.packer.SendNext(sink), Sent::kFrame);
  EXPECT_TRUE(sink.frames[0].empty());
  EXPECT_TRUE(sink.headers[0].reliable);
  EXPECT_FALSE(parts.packer.HasAny());
  EXPECT_EQ(parts.packer.SendNext(sink), Sent::kNothing);
}

TEST(FramePacker, ControlRecordsAndSmallThingsShareAFrame) {
  Packing packing;
  packing.context.control.Push(PingRecord{1});
  Session& first = packing.WithBytes(100);
  Session& second = packing.WithBytes(100);
  packing.scheduler.BeginRound();
  packing.SendAll();
  ASSERT_EQ(packing.sink.frames.size(), 1u);
  EXPECT_EQ(packing.sink.RecordsOf<PingRecord>(0).size(), 1u);
  const auto messages = packing.sink.RecordsOf<MessageRecord>(0);
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].session, first.id);
  EXPECT_EQ(messages[1].session, second.id);
  EXPECT_EQ(packing.send.size(), 0u);
}

TEST(FramePacker, APackedFrameIsAtMostOnePacket) {
  Packing packing;
  for (int i = 0; i < 50; ++i) (void)packing.WithBytes(200);
  packing.SendAll();
  EXPECT_GT(packing.sink.frames.size(), 7u);
  for (std::size_t size : packing.sink.sizes)
    EXPECT_LE(size, packing.context.settings.packet_budget);
}

TEST(FramePacker, BulkGoesInWholePacketsAndEndsWithFin) {
  Packing packing;
  Session& session = packing.WithBytes(40'000);
  packing.send.AddFin(session.id);
  packing.SendAll();
  std::size_t total = 0;
  for (std::size_t i = 0; i < packing.sink.frames.size(); ++i) {
    EXPECT_LE(packing.sink.sizes[i], packing.context.settings.bulk_frame);
    for (const MessageRecord& message : packing.sink.RecordsOf<MessageRecord>(i)) {
      total += message.bytes.size();
      EXPECT_EQ(message.fin, total == 40'000);
    }
  }
  EXPECT_EQ(total, 40'000u);
  EXPECT_TRUE(session.fin_sent);
  EXPECT_EQ(packing.send.size(), 0u);
}

TEST(FramePacker, ABulkSessionDelaysASmallOneByOneFrame) {
  Packing packing;
  (void)packing.WithBytes(60'000);
  Session& small = packing.WithBytes(100);
  std::size_t at = 0;
  packing.SendAll();
  for (std::size_t i = 0; i < packing.sink.frames.size(); ++i)
    for (const MessageRecord& message : packing.sink.RecordsOf<MessageRecord>(i))
      if (message.session == small.id) at = i;
  EXPECT_LE(at, 1u);
}

TEST(FramePacker, DatagramsThatMayExpireShareNoFrame) {
  for (const bool expire : {true, false}) {
    Packing packing;
    const SessionId id = packing.Open().id;
    packing.context.control.Push(PingRecord{1});
    const std::chrono::milliseconds lifetime(expire ? 500 : 0);
    EXPECT_TRUE(packing.send.AddDatagram(id, Bytes(50, 1), {.lifetime = lifetime}));
    packing.SendAll();
    ASSERT_EQ(packing.sink.frames.size(), expire ? 2u : 1u);
    EXPECT_EQ(packing.sink.headers.back().reliable, !expire);
    EXPECT_EQ(packing.sink.RecordsOf<DatagramRecord>(expire ? 1 : 0).size(), 1u);
  }
}

TEST(FramePacker, ARecordLargerThanAPacketGoesAlone) {
  Packing packing;
  const Bytes token(4000, 1);
  packing.context.control.Push(RekeyRecord{token});
  packing.SendAll();
  ASSERT_EQ(packing.sink.frames.size(), 1u);
  EXPECT_EQ(packing.sink.RecordsOf<RekeyRecord>(0).size(), 1u);
}

TEST(FramePacker, AFullSinkKeepsWhatWaits) {
  Packing packing;
  Session& session = packing.WithBytes(100);
  packing.sink.room = 0;
  EXPECT_EQ(packing.packer.SendNext(packing.sink), Sent::kSinkFull);
  EXPECT_EQ(packing.send.size(), 100u);
  EXPECT_EQ(session.send_credit.spent(), 0u);
  packing.sink.room = 1;
  EXPECT_EQ(packing.packer.SendNext(packing.sink), Sent::kFrame);
}

TEST(FramePacker, WithoutCreditOfTheChannelSessionsWait) {
  Packing packing;
  Session& other = packing.Open();
  ASSERT_TRUE(packing.ledger.OnCredit(other, {other.id, kInitialChannelCredit}));
  packing.ledger.Spend(other, kInitialChannelCredit - 100 - kMessageCost);
  (void)packing.WithBytes(500);
  packing.SendAll();
  EXPECT_TRUE(packing.sink.frames.empty());
  EXPECT_FALSE(packing.packer.HasAny());
  packing.ledger.OnChannelCredit({2 * kInitialChannelCredit});
  EXPECT_TRUE(packing.packer.HasAny());
  packing.SendAll();
  EXPECT_EQ(packing.sink.frames.size(), 1u);
}

TEST(FramePacker, WhatWasFinishedIsResetBehindItsLastBytes) {
  Packing packing;
  Session& session = packing.WithBytes(100);
  ASSERT_TRUE(packing.ends.FinishAndReset(session));
  packing.SendAll();
  ASSERT_EQ(packing.sink.frames.size(), 2u);
  EXPECT_EQ(packing.sink.RecordsOf<MessageRecord>(0).size(), 1u);
  EXPECT_EQ(packing.sink.RecordsOf<ResetRecord>(1).size(), 1u);
}

TEST(FramePacker, AnEpochThatIsUsedUpIsAnError) {
  Packing packing;
  packing.epochs.current().reliable_sent = kMaxReliableFrames;
  (void)packing.WithBytes(100);
  EXPECT_FALSE(packing.packer.SendNext(packing.sink));
}

}  // namespace
}  // namespace funnel::wire::testing
