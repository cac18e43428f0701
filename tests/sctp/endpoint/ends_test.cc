// How associations end: in order, at once, by a restart; and that forged packets do not end them.
#include "tests/sctp/endpoint/endpoint_harness.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

class EndsTest : public EndpointTest {};

TEST_F(EndsTest, ARestartedPeerGetsANewAssociation) {
  ASSERT_TRUE(simulation.Connect());
  const AssociationId old = simulation.b.id;
  Node& a = simulation.a;
  EndpointSettings settings;
  settings.port = 5001;
  a.Restart(settings);
  ASSERT_TRUE(a.endpoint->Connect(simulation.b.address, 5002, simulation.now));
  simulation.b.up = false;
  simulation.Pump();
  ASSERT_TRUE(simulation.RunUntil([&] { return a.up && simulation.b.up; }, 5s));
  EXPECT_EQ(simulation.b.downs, std::vector{DownReason::kRestarted});
  EXPECT_NE(simulation.b.id, old);
  EXPECT_EQ(simulation.b.endpoint->counters().restarts, 1u);
  EXPECT_EQ(simulation.b.endpoint->associations(), 1u);
}

TEST_F(EndsTest, ShutdownDeliversWhatWasTaken) {
  ASSERT_TRUE(simulation.Connect());
  simulation.to_b.settings.loss = simulation.to_a.settings.loss = 0.1;
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(simulation.a.Send(StreamId(1), Bytes(5000)), SendStatus::kSent);
  simulation.a.endpoint->Shutdown(simulation.a.id, simulation.now);
  EXPECT_EQ(simulation.a.Send(StreamId(1), Bytes(10)), SendStatus::kGone);
  simulation.Pump();
  simulation.Run(30s);
  EXPECT_EQ(simulation.b.messages, 50u);
  EXPECT_EQ(simulation.a.downs, std::vector{DownReason::kShutdown});
  EXPECT_EQ(simulation.b.downs, std::vector{DownReason::kShutdown});
  EXPECT_EQ(simulation.a.endpoint->associations() + simulation.b.endpoint->associations(), 0u);
}

TEST_F(EndsTest, BothShutDownAtOnce) {
  ASSERT_TRUE(simulation.Connect());
  (void)simulation.a.Send(StreamId(1), Bytes(5000));
  (void)simulation.b.Send(StreamId(1), Bytes(5000));
  simulation.a.endpoint->Shutdown(simulation.a.id, simulation.now);
  simulation.b.endpoint->Shutdown(simulation.b.id, simulation.now);
  simulation.Pump();
  simulation.Run(10s);
  EXPECT_EQ(simulation.a.messages, 1u);
  EXPECT_EQ(simulation.b.messages, 1u);
  EXPECT_EQ(simulation.a.downs, std::vector{DownReason::kShutdown});
  EXPECT_EQ(simulation.b.downs, std::vector{DownReason::kShutdown});
}

TEST_F(EndsTest, EachPacketOfAnEndMayBeLost) {
  for (const ChunkType type :
       {ChunkType::kShutdown, ChunkType::kShutdownAck, ChunkType::kShutdownComplete}) {
    Simulation each(Simulation::Symmetric(Wan(), 5));
    ASSERT_TRUE(each.Connect());
    int left = 2;
    each.filter = [&](const Node&, MutableByteView packet) {
      return FirstChunk(packet) != type || left-- <= 0;
    };
    each.a.endpoint->Shutdown(each.a.id, each.now);
    each.Pump();
    each.Run(30s);
    EXPECT_EQ(each.a.downs, std::vector{DownReason::kShutdown}) << Name(type);
    EXPECT_EQ(each.b.downs.size(), 1u) << Name(type);
    EXPECT_EQ(each.b.endpoint->associations(), 0u);
  }
}

TEST_F(EndsTest, AbortIsToldWithItsReason) {
  ASSERT_TRUE(simulation.Connect());
  simulation.a.endpoint->Abort(simulation.a.id, "had enough");
  simulation.Pump();
  simulation.Run(1s);
  EXPECT_EQ(simulation.b.downs, std::vector{DownReason::kAborted});
  EXPECT_TRUE(simulation.a.downs.empty());
  EXPECT_EQ(simulation.a.endpoint->associations() + simulation.b.endpoint->associations(), 0u);
}

// Whoever knows the tag can claim that it is over; the peer is asked and denies it.
TEST_F(EndsTest, ForgedAbortsEndNothing) {
  ASSERT_TRUE(simulation.Connect());
  Node& b = simulation.b;
  const CommonHeader header{5001, 5002, b.association()->identity().own_tag};
  const auto abort = [](BufferWriter& out) { WriteChunk(out, ChunkType::kAbort, 0, {}); };
  for (int question = 1; question <= 3; ++question) {
    for (int i = 0; i < 20; ++i) simulation.Inject(b, simulation.a.address, Packet(header, abort));
    simulation.Run(1s);
    EXPECT_TRUE(b.up);
    EXPECT_EQ(b.association()->counters().ends_refuted, static_cast<std::uint64_t>(question));
  }
  Exchange();
  // A real one is believed even after those.
  simulation.a.endpoint->Abort(simulation.a.id, "meant");
  simulation.Pump();
  EXPECT_TRUE(simulation.RunUntil([&] { return !b.up; }, 1s));
  EXPECT_EQ(b.downs, std::vector{DownReason::kAborted});
}

TEST_F(EndsTest, AsInTheStandardWhereThatIsWanted) {
  auto settings = Simulation::Symmetric(Wan(), 1);
  settings.b.association.ends_are_questions = false;
  Simulation plain(settings);
  ASSERT_TRUE(plain.Connect());
  plain.a.endpoint->Abort(plain.a.id, "");
  plain.Pump();
  plain.Run(26ms);
  EXPECT_EQ(plain.b.downs, std::vector{DownReason::kAborted});
}

// Some peers tell nobody the reason of an ABORT that comes while they begin.
TEST_F(EndsTest, WhoIsRefusedHearsFirstThatItIsUp) {
  for (const bool refused : {false, true}) {
    Simulation each(Simulation::Symmetric(Wan(), 1));
    std::optional<Bytes> echo;
    each.filter = [&](const Node&, MutableByteView packet) {
      if (FirstChunk(packet) != ChunkType::kCookieEcho) return true;
      echo.emplace(packet.begin(), packet.end());
      return false;
    };

    ASSERT_TRUE(each.a.endpoint->Connect(each.b.address, 5002, each.now));
    each.Pump();
    ASSERT_TRUE(each.RunUntil([&] { return echo.has_value(); }, 1s));
    each.filter = nullptr;
    each.b.endpoint->OnPacket(each.a.address, *echo, Checksum::kVerify, each.now);
    if (refused)
      each.b.endpoint->Refuse(each.b.id, "not for you");
    else
      each.b.endpoint->Abort(each.b.id, "not for you");
    each.Pump();

    EXPECT_TRUE(each.RunUntil([&] { return !each.a.downs.empty(); }, 1s));
    EXPECT_EQ(each.a.ups, refused ? 1u : 0u);
    EXPECT_EQ(each.a.downs, std::vector{DownReason::kAborted});
    EXPECT_EQ(each.b.endpoint->associations(), 0u);
  }
}

// Several packets are read before anything is sent: an association that is over must not be in the
// way meanwhile, and is reported once.
TEST_F(EndsTest, WhatHasEndedButNotLeftYetIsGone) {
  for (const bool cookie_follows : {true, false}) {
    auto settings = Simulation::Symmetric(Wan(), 1);
    settings.b.association.ends_are_questions = false;
    Simulation plain(settings);
    ASSERT_TRUE(plain.Connect());
    Node& b = plain.b;

    std::optional<Bytes> echo;
    plain.filter = [&](const Node& from, MutableByteView packet) {
      if (&from == &b || FirstChunk(packet) != ChunkType::kCookieEcho) return true;
      echo.emplace(packet.begin(), packet.end());
      return false;
    };

    const CommonHeader header{5001, 5002, b.association()->identity().own_tag};
    Bytes abort =
        Packet(header, [](BufferWriter& out) { WriteChunk(out, ChunkType::kAbort, 0, {}); });

    EndpointSettings anew;
    anew.port = 5001;
    plain.a.Restart(anew);
    ASSERT_TRUE(plain.a.endpoint->Connect(b.address, 5002, plain.now));
    plain.Pump();
    plain.Run(60ms);
    ASSERT_TRUE(echo);

    b.endpoint->OnPacket(plain.a.address, abort, Checksum::kVerify, plain.now);
    EXPECT_EQ(b.downs, std::vector{DownReason::kAborted});
    if (cookie_follows)
      b.endpoint->OnPacket(plain.a.address, *echo, Checksum::kVerify, plain.now);
    else
      EXPECT_TRUE(b.endpoint->Connect(plain.a.address, 5001, plain.now));
    EXPECT_EQ(b.downs.size(), 1u);

    plain.filter = nullptr;
    plain.Pump();
    EXPECT_EQ(b.endpoint->associations(), 1u);
    EXPECT_TRUE(plain.RunUntil([&] { return plain.a.up && b.up; }, 10s));
  }
}

// Whoever sees an INIT ACK can echo its cookie in the peer's name. The peer is asked whether it has
// restarted, and denies it.
TEST_F(EndsTest, ARestartInThePeersNameEndsNothing) {
  ASSERT_TRUE(simulation.Connect());
  Node& b = simulation.b;

  std::optional<Bytes> echo;
  simulation.filter = [&](const Node& from, MutableByteView bytes) {
    const auto packet = PacketView::Parse(bytes, Checksum::kVerify);
    ChunkReader chunks(packet->chunks);
    const auto chunk = chunks.Next();
    if (&from != &b || chunk->type != ChunkType::kInitAck) return true;
    const auto ack = InitChunk::Parse(*chunk);
    const auto cookie = ReadParameters(ack->parameters, nullptr)->cookie;
    echo = Packet({5001, 5002, ack->tag},
                  [&](BufferWriter& out) { WriteChunk(out, ChunkType::kCookieEcho, 0, *cookie); });
    return false;
  };

  for (std::uint64_t question = 1; question <= 3; ++question) {
    echo.reset();
    const Bytes init = Packet({5001, 5002, VerificationTag(0)}, [&](BufferWriter& out) {
      ChunkScope chunk(out, ChunkType::kInit, 0);
      InitChunk{VerificationTag(777), 65536, 10, 10, Tsn(1), {}}.WriteFixed(out);
      chunk.End();
    });

    simulation.Inject(b, simulation.a.address, init);
    simulation.Run(1ms);
    ASSERT_TRUE(echo);
    simulation.Inject(b, simulation.a.address, *echo);
    simulation.Run(1s);

    EXPECT_TRUE(b.downs.empty());
    EXPECT_EQ(b.association()->counters().ends_refuted, question);
    Exchange();
  }
  EXPECT_EQ(b.endpoint->counters().restarts, 0u);
  EXPECT_EQ(b.endpoint->associations(), 1u);
}

}  // namespace
}  // namespace sctp::testing
