// Packets become as large as a path carries, and no larger (RFC 8899).
#include "sctp/path/mtu_search.h"
#include "tests/sctp/path/two_paths.h"
#include "tests/sctp/simulator/workloads.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using namespace sctp::testing;

class MtuSearchTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kLimit = 1472;

  // One probe and its result on a path that carries TAKES; 0: nothing arrives.
  void Step(std::size_t takes) {
    now = std::max(now, search.NextTimer());
    (void)search.OnTime(takes > 0, now);
    const auto size = search.Due(now);
    if (!size) return;
    ++probes;
    nonce[0] = static_cast<std::uint8_t>(probes);
    search.OnSent(nonce, 100ms, now);
    if (*size > takes) return;
    EXPECT_TRUE(search.OnAnswer(nonce, now));
  }
  void Settle(std::size_t takes) {
    for (int i = 0; i < 100; ++i) Step(takes);
  }

  TimePoint now{1000s};
  MtuSearch search{kLimit};
  PathNonce nonce{};
  int probes = 0;
};

TEST_F(MtuSearchTest, TheLargestIsAskedFirst) {
  EXPECT_EQ(search.size_bytes(), MtuSearch::kBase);
  Step(kLimit);
  EXPECT_EQ(search.size_bytes(), kLimit);
  EXPECT_EQ(search.NextTimer(), now + MtuSearch::kRaise);
  EXPECT_EQ(probes, 1);
}

TEST_F(MtuSearchTest, FindsWhatThePathTakes) {
  for (std::size_t takes = MtuSearch::kBase; takes < kLimit; takes += 4) {
    search = MtuSearch(kLimit);
    probes = 0;
    while (search.NextTimer() < now + 1min) Step(takes);
    EXPECT_LE(search.size_bytes(), takes);
    EXPECT_GT(search.size_bytes() + MtuSearch::kFine, takes);
    EXPECT_LE(probes, 25) << takes;
  }
}

TEST_F(MtuSearchTest, ASmallLimitIsNotSearchedFor) {
  search = MtuSearch(1000);
  EXPECT_EQ(search.size_bytes(), 1000u);
  EXPECT_EQ(search.NextTimer(), TimePoint::max());
}

TEST_F(MtuSearchTest, SilenceIsNoAnswer) {
  const TimePoint begun = now;
  for (int i = 0; i < 40; ++i) Step(0);
  EXPECT_GT(now - begun, 30s);  // at growing intervals
  Step(kLimit);
  EXPECT_EQ(search.size_bytes(), kLimit);
}

TEST_F(MtuSearchTest, APathThatBecomesNarrowerIsNoticedWhenThereIsDoubt) {
  Step(kLimit);
  search.Doubt(now);
  Step(kLimit);
  EXPECT_EQ(search.size_bytes(), kLimit);  // the reason was something else
  now += 1min;
  search.Doubt(now);
  while (search.NextTimer() < now + 1min) Step(1300);
  EXPECT_LE(search.size_bytes(), 1300u);
  EXPECT_GT(search.size_bytes(), 1290u);
}

TEST_F(MtuSearchTest, APathThatBecomesWiderIsNoticedAfterAWhile) {
  while (search.NextTimer() < now + 1min) Step(1300);
  EXPECT_LE(search.size_bytes(), 1300u);
  Step(kLimit);  // checks that what was found is still true
  Step(kLimit);
  EXPECT_EQ(search.size_bytes(), kLimit);
}

TEST_F(MtuSearchTest, APathThatBecomesNarrowerIsNoticedAfterAWhileWithoutDoubt) {
  Step(kLimit);
  Step(1300);
  while (search.NextTimer() < now + 1min) Step(1300);
  EXPECT_LE(search.size_bytes(), 1300u);
  EXPECT_GT(search.size_bytes(), 1290u);
}

class NarrowPathTest : public ::testing::Test {
 protected:
  static Simulation::Settings Narrow(std::size_t largest_bytes) {
    LinkSettings link;
    link.bits_per_second = 20e6;
    link.largest_bytes = largest_bytes;
    Simulation::Settings settings = Simulation::Symmetric(link, 1);
    settings.other_to_a = settings.other_to_b = link;
    settings.a.association.search_mtu = settings.b.association.search_mtu = true;
    return settings;
  }
};

// Large answers arrive, and small ones of others do not wait for them, from the first moment on.
TEST_F(NarrowPathTest, NothingIsLostWhereLargePacketsVanish) {
  Simulation simulation(Narrow(1280));
  ASSERT_TRUE(simulation.Connect());
  Bulk bulk(simulation);
  Requests requests(simulation, {.per_second = 100});
  simulation.b.on_message = [&](StreamId stream, MutableByteView message) {
    stream == bulk.stream() ? bulk.OnMessage(message) : requests.OnRequest(message);
  };
  simulation.a.on_message = [&](StreamId, MutableByteView message) { requests.OnAnswer(message); };

  bulk.Start();
  requests.Start(1000);
  simulation.Run(10s);
  bulk.Stop();
  EXPECT_TRUE(simulation.RunUntil([&] { return bulk.complete(); }, 4s));

  EXPECT_GT(bulk.received_bytes(), 18'000'000u);
  EXPECT_EQ(requests.unanswered(), 0u);
  EXPECT_LT(requests.Percentile(1), 400);

  // Only probes were ever too large, and losing them slowed nothing down.
  EXPECT_LE(simulation.to_b.too_large, 25u);
  EXPECT_LE(simulation.a.association()->packet_bytes(), 1280u - 28);
  EXPECT_GT(simulation.a.association()->packet_bytes(), 1240u);
}

TEST_F(NarrowPathTest, AWidePathIsUsedFullyAfterOneRoundTrip) {
  Simulation simulation(Narrow(0));
  ASSERT_TRUE(simulation.Connect());
  simulation.Run(60ms);
  EXPECT_EQ(simulation.a.association()->packet_bytes(), 1472u);
  EXPECT_EQ(simulation.b.association()->packet_bytes(), 1472u);
}

// What was sent in large packets cannot be cut again; what follows arrives.
TEST_F(NarrowPathTest, APathThatBecomesNarrowerIsNoticed) {
  Simulation simulation(Narrow(0));
  ASSERT_TRUE(simulation.Connect());
  simulation.Run(1s);
  ASSERT_EQ(simulation.a.association()->packet_bytes(), 1472u);

  for (Link* link : {&simulation.to_a, &simulation.to_b}) link->settings.largest_bytes = 1400;
  std::uint64_t small = 0;
  simulation.b.on_message = [&](StreamId stream, MutableByteView) { small += stream.value() == 2; };

  EXPECT_EQ(simulation.a.Send(StreamId(1), Bytes(1400)), SendStatus::kSent);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(simulation.a.Send(StreamId(2), Bytes(100)), SendStatus::kSent);
    simulation.Pump();
    simulation.Run(100ms);
  }

  EXPECT_GE(small, 98u);
  EXPECT_LE(simulation.a.association()->packet_bytes(), 1372u);
  EXPECT_GT(simulation.a.association()->packet_bytes(), 1360u);

  // It carries packets of any size again.
  for (Link* link : {&simulation.to_a, &simulation.to_b}) link->settings.largest_bytes = 0;
  EXPECT_TRUE(
      simulation.RunUntil([&] { return simulation.a.association()->sender()->drained(); }, 15s));
}

// A router that fragments drops nothing, so only packets that it must not fragment show the path's
// limit.
TEST_F(NarrowPathTest, WhereRoutersCutNothingArrivesInPieces) {
  Simulation simulation(Narrow(1400));
  for (Link* link : {&simulation.to_a, &simulation.to_b}) link->settings.cuts = true;
  ASSERT_TRUE(simulation.Connect());
  Bulk bulk(simulation);
  simulation.b.on_message = [&](StreamId, MutableByteView message) { bulk.OnMessage(message); };
  bulk.Start();
  simulation.Run(5s);
  EXPECT_EQ(simulation.to_b.in_pieces, 0u);
  EXPECT_LE(simulation.a.association()->packet_bytes(), 1372u);
  EXPECT_GT(simulation.a.association()->packet_bytes(), 1360u);

  // Later a narrower one: what is sent is fragmented until the next probe.
  for (Link* link : {&simulation.to_a, &simulation.to_b}) link->settings.largest_bytes = 1300;
  simulation.Run(1s);
  EXPECT_GT(simulation.to_b.in_pieces, 0u);
  bulk.Stop();
  EXPECT_TRUE(simulation.RunUntil([&] { return bulk.complete(); }, 4s));
  simulation.Run(MtuSearch::kRaise + 10s);
  EXPECT_LE(simulation.a.association()->packet_bytes(), 1272u);
  EXPECT_GT(simulation.a.association()->packet_bytes(), 1260u);
}

// Of several usable paths the narrowest decides: a message that is cut must fit on each.
TEST_F(NarrowPathTest, TheNarrowestOfSeveralPathsCounts) {
  Simulation::Settings settings = Narrow(0);
  settings.other_to_a.largest_bytes = settings.other_to_b.largest_bytes = 1280;
  Simulation simulation(settings);
  Node& a = simulation.a;
  Node& b = simulation.b;
  ASSERT_TRUE(simulation.Connect());

  simulation.Run(100ms);
  for (auto [node, peer] : {std::pair(&a, &b), std::pair(&b, &a)})
    ASSERT_TRUE(
        node->endpoint->OfferPaths(node->id, {peer->address, peer->other_address}, simulation.now));
  simulation.Pump();
  simulation.Run(10s);
  EXPECT_LE(a.association()->packet_bytes(), 1252u);

  SteadyLoad up(simulation, a, b);
  up.Start();
  simulation.Run(1s);
  simulation.to_a.cut = simulation.to_b.cut = true;
  simulation.Run(2s);

  EXPECT_EQ(a.moves.size(), 1u);
  up.Stop();
  EXPECT_TRUE(simulation.RunUntil([&] { return up.complete(); }, 2s));
}

}  // namespace
}  // namespace sctp
