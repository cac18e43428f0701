// Beginning, dying, and packets of no association, with some lost, repeated and forged.
#include "tests/sctp/endpoint/endpoint_harness.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

TEST_F(EndpointTest, EveryHandshakePacketMayBeLost) {
  for (const ChunkType type :
       {ChunkType::kInit, ChunkType::kInitAck, ChunkType::kCookieEcho, ChunkType::kCookieAck}) {
    Simulation each(Simulation::Symmetric(Wan(), 7));
    int left = 2;
    each.filter = [&](const Node&, MutableByteView packet) {
      return FirstChunk(packet) != type || left-- <= 0;
    };
    ASSERT_TRUE(each.Connect()) << Name(type);
    EXPECT_LT(left, 0);
    EXPECT_EQ(each.a.ups, 1u);
    EXPECT_EQ(each.b.ups, 1u);
  }
}

TEST_F(EndpointTest, NobodyAnswers) {
  simulation.to_b.cut = true;
  const auto id = simulation.a.endpoint->Connect(simulation.b.address, 5002, simulation.now);
  ASSERT_TRUE(id);
  simulation.Pump();
  simulation.Run(60s);
  EXPECT_EQ(simulation.a.downs, std::vector{DownReason::kNoAnswer});
  EXPECT_EQ(simulation.to_b.packets, 8u);
  EXPECT_EQ(simulation.a.endpoint->associations(), 0u);
  EXPECT_EQ(simulation.a.endpoint->NextTimer(), TimePoint::max());
}

TEST_F(EndpointTest, OneAssociationToOnePlace) {
  ASSERT_TRUE(simulation.Connect());
  const auto again = simulation.a.endpoint->Connect(simulation.b.address, 5002, simulation.now);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, EISCONN);
}

// RFC 9260 section 5.2.1: both begin at once, and the result is one association.
TEST_F(EndpointTest, BothBeginAtOnce) {
  ASSERT_TRUE(simulation.a.endpoint->Connect(simulation.b.address, 5002, simulation.now));
  ASSERT_TRUE(simulation.b.endpoint->Connect(simulation.a.address, 5001, simulation.now));
  simulation.Pump();
  ASSERT_TRUE(simulation.RunUntil([&] { return simulation.a.up && simulation.b.up; }, 5s));
  simulation.Run(5s);
  EXPECT_EQ(simulation.a.ups, 1u);
  EXPECT_EQ(simulation.b.ups, 1u);
  EXPECT_TRUE(simulation.a.downs.empty());
  EXPECT_TRUE(simulation.b.downs.empty());
  Exchange();
}

// The same with one of them late, so that their packets cross at each step.
TEST_F(EndpointTest, BothBeginNearlyAtOnce) {
  for (int ms = 1; ms < 120; ms += 3) {
    Simulation each(Simulation::Symmetric(Wan(), static_cast<std::uint64_t>(ms)));
    ASSERT_TRUE(each.a.endpoint->Connect(each.b.address, 5002, each.now));
    each.Pump();
    each.Run(ms * 1ms);
    (void)each.b.endpoint->Connect(each.a.address, 5001, each.now);
    each.Pump();
    ASSERT_TRUE(each.RunUntil([&] { return each.a.up && each.b.up; }, 10s)) << ms;
    each.Run(5s);
    EXPECT_EQ(each.a.ups, 1u) << ms;
    EXPECT_EQ(each.b.ups, 1u) << ms;
    EXPECT_EQ(each.a.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
    EXPECT_EQ(each.b.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
    each.Pump();
    each.Run(1s);
    EXPECT_EQ(each.a.messages + each.b.messages, 2u) << ms;
  }
}

TEST_F(EndpointTest, ADeadPeerIsNoticedWhenIdle) {
  ASSERT_TRUE(simulation.Connect());
  simulation.Run(2min);
  EXPECT_TRUE(simulation.a.up && simulation.b.up);  // heartbeats
  simulation.to_b.cut = true;
  simulation.Run(25s);
  EXPECT_EQ(simulation.b.downs, std::vector{DownReason::kDeadPeer});
}

// RFC 9260 section 8.4.
TEST_F(EndpointTest, OutOfTheBlueIsAnsweredOnceAndNotForEver) {
  Node& b = simulation.b;
  int answers = 0;
  simulation.filter = [&](const Node& from, MutableByteView packet) {
    answers += &from == &b;
    EXPECT_EQ(FirstChunk(packet), ChunkType::kAbort);
    EXPECT_EQ(packet[kCommonHeaderSize + 1], kReflectedTagFlag);
    return true;
  };

  const CommonHeader header{5001, 5002, VerificationTag(77)};
  const Bytes heartbeat = Packet(header, [](BufferWriter& out) { WriteHeartbeat(out, Bytes(8)); });
  const Bytes abort =
      Packet(header, [](BufferWriter& out) { WriteChunk(out, ChunkType::kAbort, 0, {}); });

  simulation.Inject(b, simulation.a.address, abort);
  simulation.Run(1ms);
  EXPECT_EQ(answers, 0);

  for (int i = 0; i < 1000; ++i) simulation.Inject(b, simulation.a.address, heartbeat);
  simulation.Run(1ms);
  EXPECT_EQ(answers, 40);  // what one host may have at once
  EXPECT_EQ(b.endpoint->counters().strangers_limited, 960u);
  EXPECT_EQ(b.endpoint->associations(), 0u);
}

TEST_F(EndpointTest, ForgedCookiesAndTagsChangeNothing) {
  ASSERT_TRUE(simulation.Connect());
  Node& b = simulation.b;
  const auto& identity = b.association()->identity();
  const CommonHeader right{5001, 5002, identity.own_tag};
  const CommonHeader wrong{5001, 5002, VerificationTag(identity.own_tag.value() + 1)};
  const auto abort = [](BufferWriter& out) { WriteChunk(out, ChunkType::kAbort, 0, {}); };

  simulation.Inject(b, simulation.a.address, Packet(wrong, abort));
  simulation.Inject(b, simulation.a.address, Packet(right, [](BufferWriter& out) {
                      WriteChunk(out, ChunkType::kCookieEcho, 0, Bytes(88));
                    }));

  Address elsewhere = simulation.a.address;
  elsewhere.port = 1;
  simulation.Inject(b, elsewhere, Packet(right, abort));
  Bytes broken = Packet(right, abort);
  broken.back() ^= 1;
  simulation.Inject(b, simulation.a.address, broken);

  simulation.Run(1s);
  EXPECT_TRUE(b.up);
  EXPECT_EQ(b.endpoint->counters().packets_bad_tag, 1u);
  EXPECT_EQ(b.endpoint->counters().cookies_forged, 1u);
  EXPECT_EQ(b.endpoint->counters().packets_other_place, 1u);
  EXPECT_EQ(b.endpoint->counters().packets_malformed, 1u);
  Exchange();
}

TEST_F(EndpointTest, UnknownChunksAreHandledAsTheySay) {
  ASSERT_TRUE(simulation.Connect());
  Node& b = simulation.b;
  const CommonHeader header{5001, 5002, b.association()->identity().own_tag};
  int errors = 0, heartbeats = 0;

  simulation.filter = [&](const Node&, MutableByteView packet) {
    ChunkReader chunks(packet.subspan(kCommonHeaderSize));
    while (const auto chunk = chunks.Next()) {
      errors += chunk->type == ChunkType::kError;
      heartbeats += chunk->type == ChunkType::kHeartbeatAck;
    }
    return true;
  };

  for (const int type : {0x3e, 0x7e, 0xbe, 0xfe}) {
    simulation.Inject(b, simulation.a.address, Packet(header, [type](BufferWriter& out) {
                        WriteChunk(out, static_cast<ChunkType>(type), 0, Bytes(3));
                        WriteHeartbeat(out, Bytes(8));
                      }));
    simulation.Run(1ms);
  }

  EXPECT_EQ(errors, 2);      // 0x7e, 0xfe
  EXPECT_EQ(heartbeats, 2);  // 0xbe, 0xfe: the others stop
  EXPECT_TRUE(b.up);
}

TEST_F(EndpointTest, TrustOpensTheWindow) {
  ASSERT_TRUE(simulation.Connect());
  EXPECT_EQ(simulation.b.association()->receiver()->window_bytes(), 96u * 1024);
  simulation.b.endpoint->Trust(simulation.b.id, simulation.now);
  simulation.Pump();
  EXPECT_EQ(simulation.b.association()->receiver()->window_bytes(), 4u << 20);
}

}  // namespace
}  // namespace sctp::testing
