// Looking up the own engine's peers, at each Connect and in each turn, costs the same with many
// idle ones. The test counts what is looked at, not the time.
#include "funnel-sctpd/engine/own/own_core.h"
#include "tests/unit/sctpd/engine/engine_harness.h"

namespace funnel::sctp::test {
namespace {

constexpr std::size_t kMany = 2000;

TransportAddress AddressOf(std::size_t i) {
  const std::string host = "198.51." + std::to_string(i / 250) + "." + std::to_string(i % 250);
  return *TransportAddress::Parse(host, 9899);
}

TEST(OwnPeersTest, FindsWhatWasBegunUntilItEnds) {
  OwnPeers peers;
  peers.Begin(AssociationId(1), AddressOf(1), 5000);
  EXPECT_TRUE(peers.HasBegun(AddressOf(1), 5000));
  EXPECT_FALSE(peers.HasBegun(AddressOf(1), 5001));
  EXPECT_FALSE(peers.HasBegun(AddressOf(2), 5000));
  // While it ends another one may be begun, which the first one's end must not hide.
  peers.BeginEnd(AssociationId(1), TimePoint(std::chrono::seconds(5)));
  EXPECT_FALSE(peers.HasBegun(AddressOf(1), 5000));
  peers.Begin(AssociationId(2), AddressOf(1), 5000);
  peers.Remove(AssociationId(1));
  EXPECT_TRUE(peers.HasBegun(AddressOf(1), 5000));
  peers.Remove(AssociationId(2));
  EXPECT_FALSE(peers.HasBegun(AddressOf(1), 5000));
  EXPECT_EQ(peers.size(), 0u);
  EXPECT_EQ(peers.NextDeadline(), TimePoint::max());
}

TEST(OwnPeersTest, TellsWhoseEndIsLateInTheirOrder) {
  OwnPeers peers;
  const TimePoint start{std::chrono::hours(1)};
  for (std::uint64_t i = 0; i < 10; ++i) peers.Get(AssociationId(i)).up = true;
  for (const std::uint64_t i : {7, 3, 5})
    peers.BeginEnd(AssociationId(i), start + std::chrono::seconds(i));
  peers.BeginEnd(AssociationId(3), start);  // its time is set already
  peers.Remove(AssociationId(5));
  EXPECT_EQ(peers.NextDeadline(), start + std::chrono::seconds(3));
  EXPECT_EQ(peers.Late(start), std::nullopt);
  EXPECT_EQ(peers.Late(start + std::chrono::seconds(9)), AssociationId(3));
  peers.Remove(AssociationId(3));
  EXPECT_EQ(peers.Late(start + std::chrono::seconds(9)), AssociationId(7));
}

struct Silent : EngineObserver {
  void OnUp(AssociationId, const UpInfo&) override {}
  void OnDown(AssociationId, DownReason, std::string_view) override {}
  void OnMessage(AssociationId, StreamId, std::uint32_t, MutableByteView) override {}
  void OnWritable(AssociationId) override {}
  void OnMoved(AssociationId, const PeerPath&) override {}
};

TEST(OwnPeersTest, ConnectAndTimersLookAtNoOthers) {
  MemoryNetwork network;
  network.fate = [](const TransportAddress&, const TransportAddress&, Bytes&) { return false; };
  Silent silent;
  Settings settings;
  settings.max_associations = kMany + 1;

  auto engine =
      *OwnCore::Make(settings, std::make_unique<MemoryLink>(network, AddressOf(0)), silent);

  const std::uint64_t before = engine->counters().association_visits;
  for (std::size_t i = 1; i <= kMany; ++i) {
    Target target;
    target.addresses = {AddressOf(i)};
    target.sctp_port = 5000;
    ASSERT_TRUE(engine->Connect(target));
    EXPECT_FALSE(engine->Connect(target));
    (void)engine->NextTimer();
    engine->OnTimer();
    (void)engine->counters();
  }

  const EngineCounters after = engine->counters();
  EXPECT_EQ(after.associations_now, kMany);
  EXPECT_EQ(after.association_visits - before, 0u);
}

}  // namespace
}  // namespace funnel::sctp::test
