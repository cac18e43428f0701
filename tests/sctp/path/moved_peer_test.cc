// A peer that sends from another address than before: followed only to an address that it has
// proven.
#include "tests/sctp/path/two_paths.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using namespace sctp::testing;

class MovedPeerTest : public TwoPathsTest {
 protected:
  MovedPeerTest() : TwoPathsTest() { EXPECT_TRUE(simulation.Connect()); }

  // Keeps the next packet of A that begins with TYPE, unchanged.
  void KeepNext(ChunkType type) {
    simulation.filter = [this, type](const Node& from, MutableByteView packet) {
      ChunkReader chunks(packet.subspan(kCommonHeaderSize));
      if (kept.empty() && &from == &a && chunks.Next()->type == type)
        kept.assign(packet.begin(), packet.end());
      return true;
    };
  }
  Bytes kept;
};

TEST_F(MovedPeerTest, NewPortOfANatIsFollowed) {
  Exchange();
  a.address.port = 4444;
  Exchange();
  EXPECT_EQ(b.moves, std::vector<Address>{a.address});
  EXPECT_EQ(b.association()->counters().failovers, 0u);
  EXPECT_TRUE(b.downs.empty());
}

// Only its heartbeat shows the new port, and what is sent to the old one meanwhile is lost.
TEST_F(MovedPeerTest, NewPortOfAnIdlePeerIsFollowed) {
  Exchange();
  a.address.port = 4444;
  simulation.Run(12s);
  EXPECT_EQ(b.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
  simulation.Pump();
  EXPECT_TRUE(simulation.RunUntil([&] { return a.messages == 2; }, 2s));
  EXPECT_EQ(b.moves, std::vector<Address>{a.address});
}

TEST_F(MovedPeerTest, WhoHasSentMuchIsAnsweredWhereItIs) {
  SteadyLoad up(simulation, a, b);
  up.Start();
  simulation.Run(1s);
  a.address.port = 4444;
  simulation.Run(1s);
  EXPECT_EQ(b.moves, std::vector<Address>{a.address});
  EXPECT_LT(up.stall(), 100ms);
  up.Stop();
  EXPECT_TRUE(simulation.RunUntil([&] { return a.association()->sender()->drained(); }, 500ms));
}

TEST_F(MovedPeerTest, AnotherHostIsFollowedOnceThePeerIsTrusted) {
  Exchange();
  a.address.host[13] = 7;
  EXPECT_EQ(a.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
  simulation.Pump();
  simulation.Run(1s);
  EXPECT_EQ(b.messages, 1u);
  EXPECT_GT(b.endpoint->counters().packets_other_place, 0u);
  b.endpoint->Trust(b.id, simulation.now);
  EXPECT_TRUE(simulation.RunUntil([&] { return b.messages == 2; }, 5s));
  EXPECT_TRUE(simulation.RunUntil([&] { return b.moves.size() == 1; }, 1s));
  Exchange();
}

// Somebody who sees packets repeats them from another address, and never answers there.
TEST_F(MovedPeerTest, ACopyFromElsewhereMovesNothing) {
  Address elsewhere = a.address;
  elsewhere.port = 666;
  for (int i = 0; i < 100; ++i) {
    kept.clear();
    KeepNext(ChunkType::kIData);
    Exchange();
    ASSERT_FALSE(kept.empty());
    simulation.Inject(b, elsewhere, kept);
    simulation.Run(20ms);
  }
  EXPECT_TRUE(b.moves.empty());
}

// ... and gets no more than a heartbeat from time to time.
TEST_F(MovedPeerTest, WhatIsSentElsewhereStaysLittle) {
  KeepNext(ChunkType::kIData);
  Exchange();
  Address elsewhere = a.address;
  elsewhere.port = 666;
  const std::uint64_t before = b.association()->counters().packets_out;
  for (int i = 0; i < 1000; ++i) simulation.Inject(b, elsewhere, kept);
  simulation.Run(1min);
  // Keeping A's path alive, SACKs for duplicates, and the probes.
  EXPECT_LT(b.association()->counters().packets_out - before, 600u);
  EXPECT_TRUE(b.moves.empty());
  EXPECT_EQ(b.association()->paths().all().size(), 1u);  // it is forgotten
}

TEST_F(MovedPeerTest, WhatEndsAnAssociationIsNotTakenFromElsewhere) {
  Address elsewhere = a.address;
  elsewhere.port = 666;
  for (const ChunkType type : {ChunkType::kAbort, ChunkType::kShutdownAck, ChunkType::kError}) {
    Bytes buffer(100);
    PacketWriter packet(buffer, {5001, 5002, b.association()->identity().own_tag});
    WriteChunk(packet.out(), type, 0, {});
    buffer.resize(packet.Finish().size());
    simulation.Inject(b, elsewhere, buffer);
  }
  simulation.Run(1s);
  EXPECT_EQ(b.association()->counters().packets_unproven, 3u);
  EXPECT_EQ(b.association()->counters().ends_refuted, 0u);
  EXPECT_EQ(b.association()->paths().all().size(), 1u);
  Exchange();
}

}  // namespace
}  // namespace sctp
