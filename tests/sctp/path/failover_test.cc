// Several paths to one peer: leaving a path that has fallen silent, and returning to it.
#include "tests/sctp/path/two_paths.h"
#include "tests/sctp/simulator/workloads.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using namespace sctp::testing;

using FailoverTest = TwoPathsTest;

TEST_F(FailoverTest, PulledPathUnderLoadLosesNothingAndStallsShortly) {
  ASSERT_NO_FATAL_FAILURE(ConnectByBoth());
  SteadyLoad up(simulation, a, b), down(simulation, b, a);
  up.Start(), down.Start();
  simulation.Run(2s);
  EXPECT_TRUE(a.moves.empty() && b.moves.empty());
  Cut(true);
  simulation.Run(2s);
  ASSERT_EQ(a.moves, std::vector<Address>{b.other_address});
  ASSERT_EQ(b.moves, std::vector<Address>{a.other_address});
  EXPECT_EQ(StateOf(a, b.address), PathState::kSilent);
  // The patience, an answer by the other path, and the time on the way.
  EXPECT_LT(std::max(up.stall(), down.stall()), 400ms);

  // When the preferred path answers again, it is used again after the interval for which it is
  // avoided.
  Cut(false);
  ASSERT_TRUE(simulation.RunUntil([&] { return a.moves.size() + b.moves.size() == 4; }, 15s));
  EXPECT_EQ(a.moves.back(), b.address);
  up.Stop(), down.Stop();
  EXPECT_TRUE(simulation.RunUntil([&] { return up.complete() && down.complete(); }, 2s));
  EXPECT_EQ(a.association()->counters().failovers, 1u);
  EXPECT_EQ(a.association()->counters().moves, 2u);
}

// A side that only receives cannot see that its path is dead: so SACKs go to where the data came
// from.
TEST_F(FailoverTest, AcknowledgementsGoByThePathOfTheData) {
  ASSERT_NO_FATAL_FAILURE(ConnectByBoth());
  SteadyLoad up(simulation, a, b);
  up.Start();
  simulation.Run(1s);
  Cut(true);
  simulation.Run(2s);
  EXPECT_EQ(a.moves, std::vector<Address>{b.other_address});
  EXPECT_LT(up.stall(), 400ms);
  up.Stop();
  EXPECT_TRUE(simulation.RunUntil([&] { return a.association()->sender()->drained(); }, 500ms));
  EXPECT_TRUE(up.complete());
}

TEST_F(FailoverTest, IdleAssociationNoticesAPulledPath) {
  ASSERT_NO_FATAL_FAILURE(ConnectByBoth());
  Cut(true);
  ASSERT_TRUE(simulation.RunUntil([&] { return a.moves.size() == 1 && b.moves.size() == 1; }, 15s));
  simulation.Run(1min);
  EXPECT_TRUE(a.downs.empty() && b.downs.empty());
  Exchange();
}

TEST_F(FailoverTest, SilenceOfAllPathsIsADeadPeer) {
  ASSERT_NO_FATAL_FAILURE(ConnectByBoth());
  Cut(true);
  simulation.other_to_a.cut = simulation.other_to_b.cut = true;
  simulation.Run(25s);
  EXPECT_EQ(a.downs, std::vector<DownReason>{DownReason::kDeadPeer});
}

TEST_F(FailoverTest, APathThatKeepsFailingIsLeftAloneLongerEachTime) {
  ASSERT_NO_FATAL_FAILURE(ConnectByBoth());
  SteadyLoad up(simulation, a, b);
  up.Start();
  std::vector<Duration> away;
  for (int i = 0; i < 3; ++i) {
    Cut(true);
    const std::size_t moves = a.moves.size();
    ASSERT_TRUE(simulation.RunUntil([&] { return a.moves.size() > moves; }, 2s));
    Cut(false);
    const TimePoint left = simulation.now;
    ASSERT_TRUE(simulation.RunUntil([&] { return a.moves.size() > moves + 1; }, 2min));
    away.push_back(simulation.now - left);
  }
  EXPECT_GT(away[1], away[0] * 3 / 2);
  EXPECT_GT(away[2], away[1] * 3 / 2);
}

TEST_F(FailoverTest, AForgedAbortWhileThePathIsSilentEndsNothing) {
  ASSERT_NO_FATAL_FAILURE(ConnectByBoth());
  Cut(true);
  Bytes buffer(100);
  PacketWriter packet(buffer, {5001, 5002, b.association()->identity().own_tag});
  WriteChunk(packet.out(), ChunkType::kAbort, 0, {});
  buffer.resize(packet.Finish().size());
  simulation.Inject(b, a.address, buffer);
  simulation.Run(2s);
  EXPECT_EQ(b.association()->counters().ends_refuted, 1u);
  EXPECT_TRUE(b.downs.empty());
}

// What is known about a path stays with it.
TEST(FailoverFlowTest, EachPathHasItsOwnRate) {
  LinkSettings fast, slow;
  fast.bits_per_second = 50e6;
  slow.bits_per_second = 2e6;
  Simulation::Settings settings = Simulation::Symmetric(fast, 1);
  settings.other_to_a = settings.other_to_b = slow;
  Simulation simulation(settings);
  ASSERT_TRUE(simulation.Connect());
  Node& a = simulation.a;
  Node& b = simulation.b;
  for (auto [node, peer] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    node->endpoint->Trust(node->id, simulation.now);
    ASSERT_TRUE(
        node->endpoint->OfferPaths(node->id, {peer->address, peer->other_address}, simulation.now));
  }
  Bulk bulk(simulation);
  b.on_message = [&](StreamId, MutableByteView message) { bulk.OnMessage(message); };
  bulk.Start();
  simulation.Run(4s);
  const double before = a.association()->sender()->flow().pacer.rate();
  EXPECT_GT(before, 4e6);

  simulation.to_b.cut = true;
  ASSERT_TRUE(simulation.RunUntil([&] { return a.moves.size() == 1; }, 2s));
  simulation.Run(4s);
  EXPECT_LT(a.association()->sender()->flow().pacer.rate(), 1e6);
  simulation.to_b.cut = false;
  ASSERT_TRUE(simulation.RunUntil([&] { return a.moves.size() == 2; }, 15s));
  EXPECT_GT(a.association()->sender()->flow().pacer.rate(), before / 2);
  bulk.Stop();
  EXPECT_TRUE(simulation.RunUntil([&] { return bulk.complete(); }, 10s));
}

// INIT and INIT ACK list addresses (RFC 9260 section 5.1.2), so no owner has to offer them.
TEST(FailoverHostsTest, PathsOfTheHandshakeAreTaken) {
  LinkSettings link;
  Simulation::Settings settings = Simulation::Symmetric(link, 1);
  settings.other_to_a = settings.other_to_b = link;
  Simulation probe(settings);  // used for its addresses
  settings.a.association.own_hosts = {probe.a.address.host, probe.a.other_address.host};
  settings.b.association.own_hosts = {probe.b.address.host, probe.b.other_address.host};

  Simulation simulation(settings);
  ASSERT_TRUE(simulation.Connect());
  SteadyLoad up(simulation, simulation.a, simulation.b);
  SteadyLoad down(simulation, simulation.b, simulation.a);
  up.Start(), down.Start();

  simulation.Run(1s);
  EXPECT_EQ(simulation.a.association()->paths().all().size(), 2u);
  EXPECT_EQ(simulation.b.association()->paths().all().size(), 2u);

  simulation.to_a.cut = simulation.to_b.cut = true;
  simulation.Run(2s);
  EXPECT_EQ(simulation.a.moves.size(), 1u);
  EXPECT_EQ(simulation.b.moves.size(), 1u);

  up.Stop(), down.Stop();
  EXPECT_TRUE(simulation.RunUntil([&] { return up.complete() && down.complete(); }, 2s));
}

TEST(FailoverHostsTest, UnlessTheyAreNotWanted) {
  Simulation::Settings settings = Simulation::Symmetric({}, 1);
  Simulation probe(settings);
  settings.a.association.own_hosts = {probe.a.other_address.host};
  settings.b.association.takes_hosts = false;
  Simulation simulation(settings);
  ASSERT_TRUE(simulation.Connect());
  EXPECT_EQ(simulation.b.association()->paths().all().size(), 1u);
}

}  // namespace
}  // namespace sctp
