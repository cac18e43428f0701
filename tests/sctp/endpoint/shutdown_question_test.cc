// The effect of a SHUTDOWN, SHUTDOWN ACK or SHUTDOWN COMPLETE that was forged by somebody who knows
// the tag; and that a real one is noticed.
#include "tests/sctp/endpoint/endpoint_harness.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

class ShutdownQuestionTest : public EndpointTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(simulation.Connect());
    Exchange();
  }
  // Sends in the other's name, with the tag that it would use.
  void Forge(Simulation& where, Node& to, const std::function<void(BufferWriter&)>& write) {
    ASSERT_NE(to.association(), nullptr);
    const bool to_b = &to == &where.b;
    const Association& there = *to.association();
    const CommonHeader header{there.identity().peer_port, there.identity().own_port,
                              there.identity().own_tag};
    where.Inject(to, to_b ? where.a.address : where.b.address, Packet(header, write));
  }
  void Forge(Node& to, ChunkType type) {
    Forge(simulation, to, [&](BufferWriter& out) { WriteChunk(out, type, 0, {}); });
  }
  // It acknowledges as much as was acknowledged before.
  void ForgeShutdown(Node& to) {
    const Tsn acked = acked_by_.at(&to == &simulation.b ? 1 : 0);
    Forge(simulation, to, [&](BufferWriter& out) { WriteShutdown(out, acked); });
  }
  // Records the cumulative TSNs that A and B were sent last, as somebody on the path sees them.
  void Watch() {
    simulation.filter = [this](const Node& from, MutableByteView packet) {
      ChunkReader chunks(packet.subspan(kCommonHeaderSize));
      while (const auto chunk = chunks.Next())
        if (chunk->type == ChunkType::kSack)
          acked_by_.at(&from == &simulation.a ? 1 : 0) = SackView::Parse(*chunk)->cumulative;
      return true;
    };
    Exchange();
    simulation.Run(200ms);  // SACKs are late
  }
  [[nodiscard]] static Duration ProbeTimeout(const Node& node) {
    const Sender& sender = *node.association()->sender();
    return sender.flow().timer.ProbeTimeout(sender.round_trip());
  }

  std::array<Tsn, 2> acked_by_{};  // what A, and B, sent last
};

TEST_F(ShutdownQuestionTest, OneThatIsMeantIsNoticedWithinFourProbeTimeouts) {
  Node& b = simulation.b;
  TimePoint arrived{};
  simulation.filter = [&](const Node& from, MutableByteView packet) {
    if (&from == &simulation.a && FirstChunk(packet) == ChunkType::kShutdown &&
        arrived == TimePoint{})
      arrived = simulation.now + 25ms;
    return true;
  };
  simulation.Run(1s);
  const Duration limit = 4 * ProbeTimeout(b);
  simulation.a.endpoint->Shutdown(simulation.a.id, simulation.now);
  simulation.Pump();
  ASSERT_TRUE(simulation.RunUntil([&] { return !b.up; }, 5s));
  ASSERT_NE(arrived, TimePoint{});
  EXPECT_LE(simulation.now - arrived, limit);
  EXPECT_EQ(b.downs, std::vector{DownReason::kShutdown});
  simulation.Run(1s);
  EXPECT_EQ(simulation.a.downs, std::vector{DownReason::kShutdown});
  EXPECT_EQ(simulation.a.endpoint->associations() + b.endpoint->associations(), 0u);
}

TEST_F(ShutdownQuestionTest, ForgedOnesEndNothing) {
  Watch();
  Node& b = simulation.b;
  for (std::uint64_t question = 1; question <= 3; ++question) {
    for (int i = 0; i < 20; ++i) {
      ForgeShutdown(b);
      Forge(b, ChunkType::kShutdownAck);
      Forge(b, ChunkType::kShutdownComplete);
    }

    simulation.Run(2s);
    EXPECT_TRUE(b.up);
    EXPECT_EQ(b.association()->counters().ends_refuted, question);
    EXPECT_EQ(b.association()->closing(), Closing::State::kOpen);
    Exchange();
    simulation.Run(200ms);
  }

  // A real one is believed even after those.
  simulation.a.endpoint->Shutdown(simulation.a.id, simulation.now);
  simulation.Pump();
  EXPECT_TRUE(simulation.RunUntil([&] { return !b.up; }, 2s));
  EXPECT_EQ(b.downs, std::vector{DownReason::kShutdown});
}

// A SHUTDOWN every 20 ms for three seconds, while both send.
TEST_F(ShutdownQuestionTest, ForgedOnesWhileDataIsOutstandingLoseNothing) {
  Watch();
  Node &a = simulation.a, &b = simulation.b;
  const std::uint64_t at_a = a.messages, at_b = b.messages;
  constexpr std::uint64_t kRounds = 150;
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    EXPECT_EQ(b.Send(StreamId(1), Bytes(20'000)), SendStatus::kSent);
    EXPECT_EQ(a.Send(StreamId(1), Bytes(300)), SendStatus::kSent);
    ForgeShutdown(b);
    Forge(b, ChunkType::kShutdownComplete);
    simulation.Pump();
    simulation.Run(20ms);
  }
  simulation.Run(5s);
  EXPECT_TRUE(a.up && b.up);
  EXPECT_EQ(a.messages, at_a + kRounds);
  EXPECT_EQ(b.messages, at_b + kRounds);
}

// B has data for four seconds. Urgent messages still overtake it.
TEST_F(ShutdownQuestionTest, AForgedOneHoldsNewMessagesForAMomentOnly) {
  simulation.to_a.settings.bits_per_second = 5e6;
  simulation.to_a.settings.queue_bytes = 16 * 1024;
  Watch();
  Node &a = simulation.a, &b = simulation.b;
  while (b.Send(StreamId(1), Bytes(16 * 1024)) == SendStatus::kSent) {
  }
  simulation.Pump();
  simulation.Run(1s);

  std::optional<TimePoint> came;
  a.on_message = [&](StreamId stream, MutableByteView) {
    if (stream == StreamId(2)) came = simulation.now;
  };
  b.endpoint->Configure(b.id, StreamId(2), {.priority = 0});
  b.endpoint->Configure(b.id, StreamId(1), {.priority = 7});

  ForgeShutdown(b);
  simulation.Run(1ms);
  const TimePoint sent = simulation.now;
  // It is not refused for lack of room: it waits in any case.
  ASSERT_TRUE(simulation.RunUntil(
      [&] { return b.Send(StreamId(2), Bytes(100)) == SendStatus::kSent; }, 1s));
  simulation.Pump();

  const Duration limit = 2 * ProbeTimeout(b) + 200ms;
  ASSERT_TRUE(simulation.RunUntil([&] { return came.has_value(); }, 3s));
  EXPECT_LE(*came - sent, limit);
  EXPECT_GE(b.association()->counters().shutdowns_forgotten, 1u);
}

TEST_F(ShutdownQuestionTest, AForgedOneDuringSilenceOfThePathEndsNothing) {
  for (const bool outstanding : {false, true}) {
    Watch();
    Node& b = simulation.b;
    simulation.to_a.cut = simulation.to_b.cut = true;
    const std::uint64_t had = simulation.a.messages;
    if (outstanding) {
      EXPECT_EQ(b.Send(StreamId(1), Bytes(5000)), SendStatus::kSent);
      simulation.Pump();
    }

    for (int i = 0; i < 50; ++i) {
      ForgeShutdown(b);
      simulation.Run(100ms);
    }

    simulation.to_a.cut = simulation.to_b.cut = false;
    simulation.Run(15s);
    EXPECT_TRUE(b.up);
    EXPECT_TRUE(b.downs.empty());
    EXPECT_EQ(simulation.a.messages, had + (outstanding ? 1 : 0));
    EXPECT_GE(b.association()->counters().shutdowns_forgotten, 1u);
    Exchange();
  }
}

// A ends. A forged packet says that B had ended already. What B has sent still arrives.
TEST_F(ShutdownQuestionTest, AForgedAnswerTruncatesNothing) {
  simulation.to_a.settings.bits_per_second = 2e6;
  Watch();
  Node &a = simulation.a, &b = simulation.b;
  const std::uint64_t had = a.messages;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(b.Send(StreamId(1), Bytes(20'000)), SendStatus::kSent);
  simulation.Pump();
  simulation.Run(100ms);
  a.endpoint->Shutdown(a.id, simulation.now);
  simulation.Pump();
  for (int i = 0; i < 10; ++i) {
    Forge(a, ChunkType::kShutdownAck);
    simulation.Run(50ms);
  }
  EXPECT_TRUE(a.up);
  simulation.Run(20s);
  EXPECT_EQ(a.messages, had + 20);
  EXPECT_EQ(a.downs, std::vector{DownReason::kShutdown});
  EXPECT_EQ(b.downs, std::vector{DownReason::kShutdown});
}

// A forged SHUTDOWN must not turn a side that ends into one that only answers.
TEST_F(ShutdownQuestionTest, AForgedOneDoesNotKeepAnEndFromBeingToldToThePeer) {
  Watch();
  Node &a = simulation.a, &b = simulation.b;
  EXPECT_EQ(a.Send(StreamId(1), Bytes(50'000)), SendStatus::kSent);
  a.endpoint->Shutdown(a.id, simulation.now);
  simulation.Pump();
  for (int i = 0; i < 30; ++i) {
    if (a.association() == nullptr || a.association()->down()) break;
    ForgeShutdown(a);
    simulation.Run(10ms);
  }
  simulation.Run(5s);
  EXPECT_EQ(a.downs, std::vector{DownReason::kShutdown});
  EXPECT_EQ(b.downs, std::vector{DownReason::kShutdown});
}

TEST_F(ShutdownQuestionTest, AForgedStaleCookieEndsNothing) {
  Node& a = simulation.a;
  Forge(simulation, a, [](BufferWriter& out) {
    ChunkScope error(out, ChunkType::kError, 0);
    WriteCause(out, CauseCode::kStaleCookie, Bytes(4));
    error.End();
  });
  simulation.Run(2s);
  EXPECT_TRUE(a.up);
  Exchange();
}

TEST_F(ShutdownQuestionTest, WhatWasHeldIsDeliveredWhenWeEndOurselves) {
  Watch();
  Node &a = simulation.a, &b = simulation.b;
  const std::uint64_t had = a.messages;
  EXPECT_EQ(b.Send(StreamId(1), Bytes(30'000)), SendStatus::kSent);
  simulation.Pump();
  ForgeShutdown(b);
  simulation.Run(1ms);
  EXPECT_EQ(b.Send(StreamId(1), Bytes(30'000)), SendStatus::kSent);
  b.endpoint->Shutdown(b.id, simulation.now);
  simulation.Pump();
  simulation.Run(5s);
  EXPECT_EQ(a.messages, had + 2);
  EXPECT_EQ(a.downs, std::vector{DownReason::kShutdown});
  EXPECT_EQ(b.downs, std::vector{DownReason::kShutdown});
}

// A side that answered an INIT has measured nothing yet, and must not expect an answer within 25
// ms.
TEST(QuestionBeforeARoundTripTest, WaitsForAsLongAsTheCookieTook) {
  LinkSettings far;
  far.delay = 150ms;
  Simulation simulation(Simulation::Symmetric(far, 3));
  ASSERT_TRUE(simulation.Connect());
  Node& b = simulation.b;
  Bytes buffer(100);
  PacketWriter packet(buffer, {5001, 5002, b.association()->identity().own_tag});
  WriteChunk(packet.out(), ChunkType::kAbort, 0, {});
  buffer.resize(packet.Finish().size());
  simulation.Inject(b, simulation.a.address, buffer);
  simulation.Run(5s);
  EXPECT_TRUE(b.up);
  EXPECT_EQ(b.association()->counters().ends_refuted, 1u);
}

TEST(ShutdownTest, ActsAtOnceWhereThatIsWanted) {
  auto settings = Simulation::Symmetric(LinkSettings{}, 1);
  settings.a.association.ends_are_questions = settings.b.association.ends_are_questions = false;
  Simulation plain(settings);
  ASSERT_TRUE(plain.Connect());
  plain.a.endpoint->Shutdown(plain.a.id, plain.now);
  plain.Pump();
  plain.Run(26ms);
  EXPECT_EQ(plain.b.Send(StreamId(1), Bytes(10)), SendStatus::kGone);
  plain.Run(50ms);
  EXPECT_EQ(plain.a.downs, std::vector{DownReason::kShutdown});
  EXPECT_EQ(plain.b.downs, std::vector{DownReason::kShutdown});
}

}  // namespace
}  // namespace sctp::testing
