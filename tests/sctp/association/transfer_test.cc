// Whole associations over simulated links: everything arrives once and in order, whatever the links
// do, and as fast as they allow.
#include <gtest/gtest.h>

#include "tests/sctp/simulator/measurement.h"
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

// Windows that can hold all that is on its way on a long path.
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

class RateTest : public Measurement {};

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

// Whichever packets are lost at start-up, it continues until the path is full.
TEST_F(RateTest, ChanceDoesNotEndStartUp) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    EXPECT_GT(BulkRate(Wide(Wan(0.04), seed), 2s), 8.5) << "seed " << seed;
}

// A link as fast as the ends, to a socket that holds less than the ends send in a turn.
TEST_F(RateTest, ASmallSocketBehindAFastLinkIsNotOverrun) {
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

// At start-up twice what the path holds is sent into a queue that is full, and leaves more gaps
// than a SACK has room for. What SACKs do not report must not hold back what is known to be lost.
TEST_F(RateTest, AnOvershootLargerThanASackSpeaksOfIsMended) {
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

// 50 of 100 Mbit/s pass, and 64 KB more at once from time to time.
TEST_F(RateTest, APolicerIsNotFilledWithWhatItDrops) {
  LinkSettings link = Wan(0);
  link.policer_bits_per_second = 50e6;
  Simulation simulation(Wide(link, 1));
  ASSERT_TRUE(simulation.Connect());
  Bulk bulk(simulation);
  simulation.b.on_message = [&](StreamId, MutableByteView message) { bulk.OnMessage(message); };
  bulk.Start();

  // Start-up, and two cycles in which the rate is learnt.
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

// The rate of small messages is their own, not the path's.
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

// Ordered messages on several streams, some with lifetimes, small and large, in both directions,
// over links with all faults at once. Reliable messages come exactly once and in order.
// A lost packet is noticed a round trip later at the earliest; by then a copy has arrived.
TEST(TransferTest, CopiesAnswerBeforeALossIsNoticed) {
  const auto slowest = [](bool copies) {
    Simulation simulation(Wide(Wan(0.04), 7));
    EXPECT_TRUE(simulation.Connect());
    // The first ones find a window of ten packets; they are not counted.
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
    // At most twice as many, and most of what was lost is not sent a third time.
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

}  // namespace
}  // namespace sctp::testing
