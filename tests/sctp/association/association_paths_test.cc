// By which paths packets come and go, without an association: what goes by other paths is read
// here.
#include "sctp/association/association_paths.h"

#include <gtest/gtest.h>

#include "tests/sctp/path/addresses.h"
#include "tests/sctp/test_random.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;

struct Recorder final : AssociationEvents {
  void OnUp() override {}
  void OnDown(DownReason, std::string_view) override {}
  void OnMessage(StreamId, std::uint32_t, MutableByteView) override {}
  void OnWritable() override {}
  void OnMoved(const Address& address, bool) override { moved.push_back(address); }
  [[nodiscard]] std::size_t PacketBytes(const Address& address) const override {
    return address == At(3) ? 1300 : 1472;
  }
  std::vector<Address> moved;
};

class AssociationPathsTest : public ::testing::Test {
 protected:
  void Begin() {
    sender.emplace(SenderSettings{}, Tsn(1), 1 << 20, settings.packet_bytes, buffers);
    paths.LimitPackets();
  }
  // One chunk of TYPE comes from FROM.
  bool Take(const Address& from, ChunkType type, bool follow_anywhere = false) {
    Bytes chunk(kChunkHeaderSize);
    BufferWriter out(chunk);
    WriteChunk(out, type, 0, {});
    PacketView packet;
    packet.chunks = out.written();
    if (!paths.IsInUse(from) && !paths.OnPacketElsewhere(from, packet, follow_anywhere, now))
      return false;
    paths.BeginPacket(from);
    paths.OnChunk(type);
    paths.EndPacket(type == ChunkType::kData, now);
    return true;
  }
  // What is sent by other paths: the nonce of a HEARTBEAT, or the body of an answer to one.
  Bytes Next(ChunkType type) {
    Elsewhere& elsewhere = paths.elsewhere();
    if (elsewhere.empty()) return {};
    to = elsewhere.to();
    Bytes buffer(2000);
    PacketWriter packet(buffer, {});
    elsewhere.WriteNext(packet);
    const MutableByteView whole = packet.Finish();
    size = whole.size();
    ChunkReader reader(whole.subspan(kCommonHeaderSize));
    const auto chunk = reader.Next();
    EXPECT_EQ(chunk->type, type);
    if (type != ChunkType::kHeartbeat) return {chunk->body.begin(), chunk->body.end()};
    const auto info = ParseHeartbeat(*chunk);
    return {info->begin(), info->end()};
  }
  // The peer answers at that address to all questions.
  void AnswerAll() {
    for (int i = 0; i < 10 && !paths.elsewhere().empty(); ++i) {
      const Bytes nonce = Next(ChunkType::kHeartbeat);
      paths.BeginPacket(to);
      EXPECT_TRUE(paths.OnHeartbeatAck(nonce, 100ms, now));
      paths.Settle(now);
    }
  }

  TimePoint now{100s};
  testing::TestRandom random{1};
  BufferPool buffers;
  AssociationSettings settings;
  Recorder events;
  std::optional<Sender> sender;
  Heartbeats heartbeats{{}, now};
  AssociationCounters counters;
  AssociationPaths paths{{settings, random, events, sender, heartbeats, counters}, At(1), now};
  Address to;
  std::size_t size = 0;
};

TEST_F(AssociationPathsTest, PacketsFitEachPath) {
  EXPECT_EQ(paths.packet_bytes(), 1472u);
  Begin();
  paths.Offer({At(1), At(3)}, now);
  EXPECT_EQ(paths.packet_bytes(), 1300u);
  EXPECT_LT(sender->MaxUnfragmented(), 1300u);
}

TEST_F(AssociationPathsTest, WhatEndsAnAssociationIsNotTakenFromWhereNobodyHasProvenToBe) {
  Begin();
  EXPECT_FALSE(Take(At(2), ChunkType::kAbort, /*follow_anywhere=*/true));
  EXPECT_TRUE(Take(At(1), ChunkType::kAbort));
  EXPECT_TRUE(paths.elsewhere().empty());
}

TEST_F(AssociationPathsTest, ANatsOtherPortIsFollowedAndAnotherHostIsNot) {
  Begin();
  Address other_port = At(1);
  other_port.port = 1000;
  EXPECT_FALSE(Take(At(2), ChunkType::kData));
  EXPECT_TRUE(Take(other_port, ChunkType::kData));
  EXPECT_FALSE(Next(ChunkType::kHeartbeat).empty());
  EXPECT_EQ(to, other_port);
}

TEST_F(AssociationPathsTest, MovesToAPathThatIsBetterAndAnswers) {
  Begin();
  paths.Offer({At(2), At(1)}, now);
  for (int i = 0; i < 5 && events.moved.empty(); ++i) {
    now = std::max(now, paths.NextTimer());
    paths.OnTimer(100ms, now);
    paths.Settle(now);
    AnswerAll();
  }
  EXPECT_EQ(events.moved, std::vector<Address>{At(2)});
  EXPECT_TRUE(paths.IsInUse(At(2)));
  EXPECT_EQ(counters.moves, 1u);
  EXPECT_EQ(counters.failovers, 0u);
}

TEST_F(AssociationPathsTest, SacksGoWhereTheDataCameFrom) {
  Begin();
  paths.Offer({At(1), At(2)}, now);
  EXPECT_EQ(paths.SacksElsewhere(), nullptr);
  ASSERT_TRUE(Take(At(2), ChunkType::kData));
  EXPECT_EQ(paths.SacksElsewhere(), nullptr);  // the peer has not proven that it is there
  now = std::max(now, paths.NextTimer());
  paths.OnTimer(100ms, now);
  paths.Settle(now);
  AnswerAll();
  ASSERT_TRUE(Take(At(2), ChunkType::kData));
  ASSERT_NE(paths.SacksElsewhere(), nullptr);
  EXPECT_EQ(*paths.SacksElsewhere(), At(2));
  ASSERT_TRUE(Take(At(1), ChunkType::kData));
  EXPECT_EQ(paths.SacksElsewhere(), nullptr);
}

TEST_F(AssociationPathsTest, HeartbeatsAreAnsweredWhereTheyCameFrom) {
  Begin();
  paths.BeginPacket(At(1));
  EXPECT_TRUE(paths.OnHeartbeat(Bytes(20, 7), now));
  EXPECT_TRUE(paths.elsewhere().empty());
  paths.BeginPacket(At(2));
  EXPECT_FALSE(paths.OnHeartbeat(Bytes(20, 7), now));
  EXPECT_EQ(Next(ChunkType::kHeartbeatAck), Bytes(20, 7));
  EXPECT_EQ(to, At(2));
}

TEST(ElsewhereTest, AnswersSoManyAndKeepsSoMany) {
  Elsewhere elsewhere;
  const TimePoint now{100s};
  const auto count = [&] {
    std::size_t waiting = 0;
    for (; !elsewhere.empty(); ++waiting) {
      Bytes buffer(1500);
      PacketWriter packet(buffer, {});
      elsewhere.WriteNext(packet);
    }
    return waiting;
  };

  for (int i = 0; i < 200; ++i) elsewhere.Ask(At(2), PathNonce{});
  EXPECT_EQ(count(), Elsewhere::kMost);

  std::size_t answered = 0;
  for (int i = 0; i < 200; ++i) {
    elsewhere.Answer(At(2), Bytes(20), 1472, now);
    answered += count();
  }
  EXPECT_EQ(answered, 100u);

  elsewhere.Answer(At(2), Bytes(2000), 1472, now + 10s);
  EXPECT_TRUE(elsewhere.empty());
}

TEST(ElsewhereTest, APaddedPacketHasItsSize) {
  Elsewhere elsewhere;
  elsewhere.Ask(At(2), PathNonce{}, 1400);
  EXPECT_EQ(elsewhere.pad_to(), 1400u);
  Bytes buffer(1500);
  PacketWriter packet(buffer, {});
  elsewhere.WriteNext(packet);
  EXPECT_EQ(packet.Finish().size(), 1400u);
}

}  // namespace
}  // namespace sctp
