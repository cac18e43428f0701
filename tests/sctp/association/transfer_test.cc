// Whole associations over simulated links: all arrives once and in order, whatever the links do,
// and as fast as they allow.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/sctp/simulator/workloads.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

LinkSettings Wan(double loss) {
  LinkSettings link;
  link.bits_per_second = 100e6;
  link.loss = loss;
  return link;
}

// Windows that hold what is on its way on a long path.
Simulation::Settings Wide(const LinkSettings& link, std::uint64_t seed) {
  auto settings = Simulation::Symmetric(link, seed);
  for (auto* endpoint : {&settings.a, &settings.b}) {
    endpoint->association.first_window_bytes = 8 << 20;
    endpoint->association.send_buffer_bytes = 8 << 20;
  }
  return settings;
}

// MB/s over SPAN from the beginning.
double BulkRate(const Simulation::Settings& settings, Duration span) {
  Simulation simulation(settings);
  EXPECT_TRUE(simulation.Connect());
  Bulk bulk(simulation);
  simulation.b.on_message = [&](StreamId, MutableByteView message) { bulk.OnMessage(message); };
  bulk.Start();
  simulation.Run(span);
  return static_cast<double>(bulk.received_bytes()) / 1e6 /
         std::chrono::duration<double>(span).count();
}

TEST(TransferTest, ComesUpAndCarriesAMessage) {
  Simulation simulation(Simulation::Symmetric(Wan(0), 1));
  ASSERT_TRUE(simulation.Connect());
  EXPECT_EQ(simulation.a.association()->streams(), 1024);
  EXPECT_TRUE(simulation.a.association()->agreed().interleaving);
  EXPECT_EQ(simulation.a.Send(StreamId(3), Bytes(100'000)), SendStatus::kSent);
  simulation.Pump();
  simulation.Run(1s);
  EXPECT_EQ(simulation.b.messages, 1u);
  EXPECT_EQ(simulation.b.bytes, 100'000u);
  EXPECT_TRUE(simulation.a.association()->sender()->drained());
}

// 100 Mbit/s hold 11.9 MB/s of payload.
TEST(TransferTest, BulkFillsThePathWhateverItLoses) {
  EXPECT_GT(BulkRate(Wide(Wan(0), 1), 5s), 10.5);
  EXPECT_GT(BulkRate(Wide(Wan(0.01), 2), 5s), 10.0);
  EXPECT_GT(BulkRate(Wide(Wan(0.04), 3), 5s), 9.0);
}

// At start-up twice what the path holds is sent into a queue that is full, and more gaps are left
// than a SACK has room for: what SACKs do not speak of must not keep back what is known to be lost.
// Whichever packets are lost in start-up, that goes on until the path is full.
TEST(TransferTest, ChanceDoesNotEndStartUp) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    EXPECT_GT(BulkRate(Wide(Wan(0.04), seed), 2s), 8.5) << "seed " << seed;
}

// A link as fast as the ends, to a socket that holds less than what leaves in a turn of theirs.
TEST(TransferTest, ASmallSocketBehindAFastLinkIsNotOverrun) {
  LinkSettings link;
  link.bits_per_second = 5e9;
  link.delay = 15us;
  link.queue_bytes = 200 * 1024;
  Simulation simulation(Wide(link, 1));
  ASSERT_TRUE(simulation.Connect());
  Bulk bulk(simulation);
  simulation.b.on_message = [&](StreamId, MutableByteView message) { bulk.OnMessage(message); };
  bulk.Start();
  simulation.Run(300ms);
  const SenderCounters counters = simulation.a.association()->sender()->counters();
  EXPECT_GT(counters.chunks, 50'000u);
  EXPECT_LT(counters.retransmitted_chunks, counters.chunks / 20)
      << counters.retransmitted_chunks << " of " << counters.chunks;
}

TEST(TransferTest, AnOvershootLargerThanASackSpeaksOfIsMended) {
  LinkSettings link = Wan(0.01);
  link.queue_bytes = 2 << 20;
  link.delay = 100ms;
  auto settings = Simulation::Symmetric(link, 1);
  for (auto* endpoint : {&settings.a, &settings.b}) {
    endpoint->association.first_window_bytes = 32 << 20;
    endpoint->association.send_buffer_bytes = 32 << 20;
    endpoint->association.max_outstanding_chunks = 32768;
  }
  EXPECT_GT(BulkRate(settings, 10s), 8.5);
}

// 50 of 100 Mbit/s pass, 64 KB more at once now and then.
TEST(TransferTest, APolicerIsNotFilledWithWhatItDrops) {
  LinkSettings link = Wan(0);
  link.policer_bits_per_second = 50e6;
  Simulation simulation(Wide(link, 1));
  ASSERT_TRUE(simulation.Connect());
  Bulk bulk(simulation);
  simulation.b.on_message = [&](StreamId, MutableByteView message) { bulk.OnMessage(message); };
  bulk.Start();
  // Start-up, and two cycles in which it is learnt.
  simulation.Run(2s);
  const std::uint64_t before = bulk.received_bytes();
  const SenderCounters first = simulation.a.association()->sender()->counters();
  simulation.Run(8s);
  const SenderCounters sent = simulation.a.association()->sender()->counters();
  EXPECT_GT(static_cast<double>(bulk.received_bytes() - before) / 8, 5.4e6);
  EXPECT_LT(static_cast<double>(sent.retransmitted_chunks - first.retransmitted_chunks),
            0.03 * static_cast<double>(sent.chunks - first.chunks));
  // When the policer is gone, so is the bound.
  simulation.to_b.settings.policer_bits_per_second = 0;
  simulation.Run(5s);
  const std::uint64_t bounded = bulk.received_bytes();
  simulation.Run(3s);
  EXPECT_GT(static_cast<double>(bulk.received_bytes() - bounded) / 3, 10e6);
}

TEST(TransferTest, ReorderingIsNoLoss) {
  LinkSettings link = Wan(0);
  link.reordered = 0.02;
  link.reordered_by = 10ms;
  EXPECT_GT(BulkRate(Wide(link, 1), 5s), 9.5);
}

TEST(TransferTest, RenoIsThereToo) {
  auto settings = Wide(Wan(0), 1);
  settings.a.association.congestion = CongestionLaw::kReno;
  EXPECT_GT(BulkRate(settings, 5s), 9.0);
}

TEST(TransferTest, RequestsWaitForOneRoundTripMoreWhereOneIsLost) {
  Simulation simulation(Wide(Wan(0.04), 1));
  ASSERT_TRUE(simulation.Connect());
  Requests requests(simulation, {.per_second = 1000});
  simulation.b.on_message = [&](StreamId, MutableByteView message) { requests.OnRequest(message); };
  simulation.a.on_message = [&](StreamId, MutableByteView message) { requests.OnAnswer(message); };
  requests.Start(5000);
  simulation.Run(8s);
  EXPECT_EQ(requests.unanswered(), 0u);
  EXPECT_LT(requests.Percentile(0.5), 51.5);
  EXPECT_LT(requests.Percentile(0.99), 110);
}

// The rate at which small messages went is theirs, not the path's.
TEST(TransferTest, WhatFollowsSmallMessagesIsNotAsSlowAsThey) {
  Simulation simulation(Simulation::Symmetric(LinkSettings{.bits_per_second = 10e6}, 1));
  ASSERT_TRUE(simulation.Connect());
  for (int i = 0; i < 5; ++i) {
    (void)simulation.a.Send(StreamId(1), Bytes(10));
    simulation.Pump();
    simulation.Run(200ms);
  }
  (void)simulation.a.Send(StreamId(1), Bytes(14'000));
  simulation.Pump();
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == 6; }, 150ms));
}

// Ordered messages on several streams, some with lifetimes, small and large, both ways, over links
// that do everything at once. What is reliable comes exactly once and in order.
// A lost packet is noticed a round trip later at the earliest; a copy is there already.
TEST(TransferTest, CopiesAnswerBeforeALossIsNoticed) {
  const auto slowest = [](bool copies) {
    Simulation simulation(Wide(Wan(0.04), 7));
    EXPECT_TRUE(simulation.Connect());
    // Those that come first find a window of ten packets; they are not counted.
    Requests first(simulation, {.per_second = 1000, .copies = copies});
    Requests requests(simulation, {.per_second = 1000, .copies = copies});
    Requests* asked = &first;
    simulation.b.on_message = [&](StreamId, MutableByteView bytes) { asked->OnRequest(bytes); };
    simulation.a.on_message = [&](StreamId, MutableByteView bytes) { asked->OnAnswer(bytes); };
    first.Start(1000);
    simulation.Run(3s);
    asked = &requests;
    requests.Start(5000);
    simulation.Run(8s);
    EXPECT_EQ(requests.unanswered(), 0u);
    const AssociationCounters counters = simulation.a.association()->counters();
    // Twice as much at most, and most of what was lost is not sent a third time.
    if (copies) {
      EXPECT_LE(counters.packets_out, 2u * 6000 + 500);
      EXPECT_LT(counters.sent.retransmitted_chunks, 6000 / 25 / 4);
      EXPECT_EQ(counters.sent.spurious, 0u);
    }
    return requests.Percentile(0.99);
  };
  EXPECT_GT(slowest(false), 90);
  EXPECT_LT(slowest(true), 56);
}

class AnythingTest : public ::testing::TestWithParam<int> {
 protected:
  static LinkSettings RandomLink(TestRandom& random) {
    LinkSettings link;
    link.bits_per_second = 1e6 * (1 + random.U32() % 50);
    link.queue_bytes = 20'000 + random.U32() % 300'000;
    link.delay = 1ms * (1 + random.U32() % 60);
    link.jitter = 1ms * (random.U32() % 10);
    link.reordered = random.Unit() < 0.5 ? 0.1 * random.Unit() : 0;
    link.reordered_by = 1ms * (random.U32() % 30);
    link.duplicated = random.Unit() < 0.5 ? 0.1 * random.Unit() : 0;
    link.loss = random.Unit() < 0.7 ? 0.1 * random.Unit() : 0;
    link.to_bad = random.Unit() < 0.3 ? 0.01 : 0;
    link.to_good = 0.2;
    return link;
  }
  static void OfferBothLinks(Simulation& simulation, std::uint64_t seed) {
    TestRandom random(seed + 1'000'000);
    simulation.other_to_a.settings = RandomLink(random);
    simulation.other_to_b.settings = RandomLink(random);
    for (auto [node, peer] :
         {std::pair(&simulation.a, &simulation.b), std::pair(&simulation.b, &simulation.a)})
      (void)node->endpoint->OfferPaths(node->id, {peer->address, peer->other_address},
                                       simulation.now);
  }
};

TEST_P(AnythingTest, ComesOnceAndInOrder) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  TestRandom random(seed);
  auto settings = Simulation::Symmetric(RandomLink(random), seed);
  settings.to_a = RandomLink(random);
  const Capabilities can{random.Unit() < 0.7, random.Unit() < 0.8, std::nullopt};
  settings.a.association.capabilities = can;
  // Bursts in which everything is lost last for packets, not for a time: they are no dead peer, and
  // none that does not answer.
  for (auto* endpoint : {&settings.a, &settings.b}) {
    endpoint->association.heartbeats.dead_after = 5min;
    endpoint->association.initiator.attempts = 80;
    endpoint->association.search_mtu = seed % 2 == 1;
  }
  if (random.Unit() < 0.3) settings.b.association.congestion = CongestionLaw::kReno;
  Simulation simulation(settings);
  ASSERT_TRUE(simulation.Connect());
  // A cookie that became too old among the bursts makes the peer restart.
  simulation.b.downs.clear();
  if (seed % 3 == 0) OfferBothLinks(simulation, seed);

  struct Direction {
    std::map<std::uint16_t, std::uint64_t> sent, received;
    std::uint64_t reliable_left = 0;
  } directions[2];
  constexpr std::uint16_t kLossyStream = 9;
  const auto receive = [](Direction& direction, StreamId stream, MutableByteView message) {
    const std::uint64_t number = funnel::LoadBigEndian<8>(message.data());
    std::uint64_t& next = direction.received[stream.value()];
    for (std::size_t i = 8; i < message.size(); ++i)
      ASSERT_EQ(message[i], static_cast<std::uint8_t>(number + i));
    if (stream.value() == kLossyStream) {
      ASSERT_GE(number, next);  // some are missing, none comes late or twice
      next = number + 1;
    } else {
      ASSERT_EQ(number, next);
      ++next;
      --direction.reliable_left;
    }
  };
  simulation.b.on_message = [&](StreamId stream, MutableByteView message) {
    receive(directions[0], stream, message);
  };
  simulation.a.on_message = [&](StreamId stream, MutableByteView message) {
    receive(directions[1], stream, message);
  };
  const auto send = [&](Node& node, Direction& direction) {
    const auto stream =
        static_cast<std::uint16_t>(random.U32() % 4 == 0 ? kLossyStream : random.U32() % 4);
    Bytes message(8 + (random.U32() % 8 == 0 ? random.U32() % 20'000 : random.U32() % 300));
    const std::uint64_t number = direction.sent[stream];
    funnel::StoreBigEndian<8>(message.data(), number);
    for (std::size_t i = 8; i < message.size(); ++i)
      message[i] = static_cast<std::uint8_t>(number + i);
    SendOptions options;
    options.copy = seed % 5 == 0 && number % 2 == 0;
    if (stream == kLossyStream) options.deadline = simulation.now + 1ms * (random.U32() % 200);
    if (node.Send(StreamId(stream), message, options) != SendStatus::kSent) return;
    ++direction.sent[stream];
    if (stream != kLossyStream) ++direction.reliable_left;
  };
  for (int i = 0; i < 400; ++i) {
    simulation.At(simulation.now + 5ms * i, [&] {
      if (random.Unit() < 0.8) send(simulation.a, directions[0]);
      if (random.Unit() < 0.8) send(simulation.b, directions[1]);
    });
  }
  simulation.At(simulation.now + 700ms, [&] { simulation.to_b.cut = true; });
  simulation.At(simulation.now + 1300ms, [&] { simulation.to_b.cut = false; });
  simulation.Run(2s);
  const auto done = [&] {
    return directions[0].reliable_left == 0 && directions[1].reliable_left == 0 &&
           simulation.a.association()->sender()->drained() &&
           simulation.b.association()->sender()->drained();
  };
  simulation.RunUntil(
      [&] { return done() || !simulation.a.downs.empty() || !simulation.b.downs.empty(); }, 300s);
  ASSERT_EQ(simulation.a.downs, std::vector<DownReason>{});
  ASSERT_EQ(simulation.b.downs, std::vector<DownReason>{});
  EXPECT_TRUE(done()) << directions[0].reliable_left << " " << directions[1].reliable_left << " "
                      << simulation.a.association()->sender()->outstanding_chunks() << " "
                      << simulation.b.association()->sender()->outstanding_chunks();
  EXPECT_EQ(simulation.a.association()->receiver()->held_bytes(), 0u);
  EXPECT_EQ(simulation.b.association()->receiver()->held_bytes(), 0u);
}

// Some always; so many as SCTP_SEEDS says in the environment.
int Seeds() {
  const char* asked = std::getenv("SCTP_SEEDS");
  return asked != nullptr ? std::atoi(asked) : 200;
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnythingTest, ::testing::Range(1, Seeds() + 1));

}  // namespace
}  // namespace sctp::testing
