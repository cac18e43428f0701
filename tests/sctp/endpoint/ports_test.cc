// Several associations from one address, distinguished by their ports, and the owner's decisions
// about peers.
#include <gtest/gtest.h>

#include "tests/sctp/simulator/simulation.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

Simulation::Settings Quick() {
  LinkSettings link;
  link.bits_per_second = 100e6;
  return Simulation::Symmetric(link, 1);
}

class PortsTest : public ::testing::Test {
 protected:
  AssociationId Connect(std::uint16_t own_port) {
    const auto id =
        simulation.a.endpoint->Connect(simulation.b.address, 5002, own_port, simulation.now);
    simulation.Pump();
    return id ? *id : AssociationId(0);
  }
  Simulation simulation{Quick()};
};

TEST_F(PortsTest, TwoFromOneAddressAreTwo) {
  const AssociationId first = Connect(6001), second = Connect(6002);
  ASSERT_TRUE(
      simulation.RunUntil([&] { return simulation.a.ups == 2 && simulation.b.ups == 2; }, 1s));
  EXPECT_EQ(Connect(6001), AssociationId(0));
  for (const AssociationId id : {first, second})
    EXPECT_EQ(simulation.a.endpoint->Send(id, StreamId(1), Bytes(10), {}, simulation.now),
              SendStatus::kSent);
  simulation.Pump();
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == 2; }, 1s));
  // Ending one does not end the other.
  simulation.a.endpoint->Shutdown(first, simulation.now);
  simulation.Pump();
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.downs.size() == 1; }, 1s));
  EXPECT_EQ(simulation.b.endpoint->associations(), 1u);
  EXPECT_NE(simulation.a.endpoint->Find(second), nullptr);
}

TEST_F(PortsTest, NobodyBeginsAtThePortThatWeBeganFrom) {
  (void)Connect(6001);
  ASSERT_TRUE(simulation.RunUntil([&] { return simulation.a.ups == 1; }, 1s));
  Bytes buffer(200);
  PacketWriter packet(buffer, {5002, 6001, VerificationTag(0)});
  ChunkScope init(packet.out(), ChunkType::kInit, 0);
  InitChunk{VerificationTag(7), 65536, 1, 1, Tsn(1), {}}.WriteFixed(packet.out());
  init.End();
  const MutableByteView whole = packet.Finish();
  Address stranger = simulation.b.address;
  stranger.host[15] = 77;
  simulation.Inject(simulation.a, stranger, Bytes(whole.begin(), whole.end()));
  simulation.Run(10ms);
  EXPECT_EQ(simulation.a.endpoint->counters().packets_other_port, 1u);
  EXPECT_EQ(simulation.a.endpoint->counters().inits, 0u);
}

struct Policy : EndpointPolicy {
  bool MayAsk(const Address&, Ask ask, TimePoint) override {
    ++asked;
    return ask != refused;
  }
  bool MayAccept(const Address&) override { return accepts; }
  std::size_t PacketBytes(const Address&) const override { return packet_bytes; }
  std::optional<Ask> refused;
  int asked = 0;
  bool accepts = true;
  std::size_t packet_bytes = 1472;
};

TEST_F(PortsTest, TheOwnerDecidesWhoMayBegin) {
  Policy policy;
  simulation.b.endpoint->SetPolicy(&policy);
  policy.refused = EndpointPolicy::Ask::kInit;
  (void)Connect(6001);
  simulation.Run(2s);
  EXPECT_EQ(policy.asked, 2);  // the first INIT and the second
  EXPECT_EQ(simulation.b.endpoint->counters().strangers_limited, 2u);
  policy.refused.reset();
  policy.accepts = false;
  simulation.Run(4s);
  EXPECT_EQ(simulation.b.ups, 0u);
  EXPECT_GT(simulation.b.endpoint->counters().cookies_refused, 0u);
  policy.accepts = true;
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.a.ups == 1; }, 5s));
  simulation.b.endpoint->SetPolicy(nullptr);
}

TEST_F(PortsTest, TheOwnerKnowsHowLargeAPacketMayBe) {
  Policy policy;
  policy.packet_bytes = 600;
  simulation.a.endpoint->SetPolicy(&policy);
  std::size_t largest = 0;
  simulation.filter = [&](const Node& from, MutableByteView packet) {
    if (&from == &simulation.a) largest = std::max(largest, packet.size());
    return true;
  };
  const AssociationId id = Connect(6001);
  ASSERT_TRUE(simulation.RunUntil([&] { return simulation.a.ups == 1; }, 1s));
  (void)simulation.a.endpoint->Send(id, StreamId(1), Bytes(20'000), {}, simulation.now);
  simulation.Pump();
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == 1; }, 2s));
  EXPECT_LE(largest, 600u);
  EXPECT_GT(largest, 560u);
  simulation.a.endpoint->SetPolicy(nullptr);
}

}  // namespace
}  // namespace sctp::testing
