// What associations before Trust() can make an endpoint keep, all together; and that those which
// are trusted or expected do not notice.
#include <gtest/gtest.h>

#include "sctp/wire/data_chunk.h"
#include "tests/sctp/simulator/simulation.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

struct ExpectingPolicy : EndpointPolicy {
  bool MayAsk(const Address&, Ask, TimePoint) override { return true; }
  bool MayAccept(const Address&) override { return true; }
  bool Expects(const Address&) override { return expects; }
  std::size_t PacketBytes(const Address&) const override { return 1472; }
  bool expects = false;
};

// Strangers come from ports from this one on. The first part of each of their messages is lost.
constexpr std::uint16_t kStrangers = 7000;

bool Begins(MutableByteView bytes) {
  Bytes copy(bytes.begin(), bytes.end());
  const auto packet = PacketView::Parse(copy, Checksum::kVerified);
  ChunkReader chunks(packet->chunks);
  while (const auto chunk = chunks.Next())
    if (const auto data = DataView::Parse(*chunk); data && data->begin && !data->end) return true;
  return false;
}

class UnverifiedTest : public ::testing::Test {
 protected:
  UnverifiedTest() {
    simulation.b.endpoint->SetPolicy(&policy);
    simulation.filter = [this](const Node& from, MutableByteView packet) {
      return &from != &simulation.a || funnel::LoadBigEndian<2>(packet.data()) < kStrangers ||
             !Begins(packet);
    };
  }
  static Simulation::Settings SettingsOf() {
    auto settings = Simulation::Symmetric({}, 1);
    settings.b.unverified_bytes = kBudget;
    return settings;
  }
  // The other end's id of a new association is simulation.b.id.
  AssociationId Connect(std::uint16_t own_port) {
    const std::uint64_t ups = simulation.a.ups;
    const auto id =
        simulation.a.endpoint->Connect(simulation.b.address, 5002, own_port, simulation.now);
    simulation.Pump();
    EXPECT_TRUE(simulation.RunUntil([&] { return simulation.a.ups == ups + 1; }, 5s));
    return *id;
  }
  void Send(AssociationId id, std::size_t bytes) {
    EXPECT_EQ(simulation.a.endpoint->Send(id, StreamId(1), Bytes(bytes), {}, simulation.now),
              SendStatus::kSent);
    simulation.Pump();
  }
  void LetStrangersFillIt() {
    for (std::uint16_t i = 0; i < 12; ++i) {
      strangers.push_back(Connect(kStrangers + i));
      Send(strangers.back(), 90'000);
    }
    simulation.Run(3s);
    EXPECT_GT(Counters().unverified_refused, 0u);
    EXPECT_GT(Held(), kBudget / 2);
    EXPECT_LE(Held(), kBudget);
  }
  [[nodiscard]] const EndpointCounters& Counters() { return simulation.b.endpoint->counters(); }
  [[nodiscard]] std::size_t Held() {
    return simulation.b.endpoint->budgets().strangers.held_bytes();
  }

  static constexpr std::size_t kBudget = 512 * 1024;
  ExpectingPolicy policy;
  Simulation simulation{SettingsOf()};
  std::vector<AssociationId> strangers;
};

TEST_F(UnverifiedTest, TogetherTheyHoldNoMoreThanTheirBudget) {
  const AssociationId trusted = Connect(6001);
  const AssociationId trusted_at_b = simulation.b.id;
  simulation.b.endpoint->Trust(trusted_at_b, simulation.now);
  LetStrangersFillIt();

  // Who is trusted does not notice.
  simulation.b.messages = 0;
  for (int i = 0; i < 20; ++i) Send(trusted, 100'000);
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == 20; }, 10s));
  EXPECT_EQ(simulation.b.endpoint->Find(trusted_at_b)->counters().refused_chunks, 0u);

  // A newcomer's messages of one packet get through, and parts of a larger one when there is room.
  const AssociationId newcomer = Connect(6002);
  Send(newcomer, 1000);
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == 21; }, 2s));
  Send(newcomer, 60'000);
  simulation.Run(2s);
  EXPECT_EQ(simulation.b.messages, 21u);
  for (const AssociationId id : strangers) simulation.a.endpoint->Abort(id, "");
  simulation.Pump();
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == 22; }, 5s));
  simulation.Run(2s);
  EXPECT_EQ(Held(), 0u);
}

TEST_F(UnverifiedTest, WhoIsExpectedHasRoomThatStrangersCannotTake) {
  LetStrangersFillIt();
  const std::uint64_t before = simulation.b.messages;
  policy.expects = true;
  const AssociationId expected = Connect(6001);
  Send(expected, 60'000);
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == before + 1; }, 2s));

  // So has whom B itself has begun with.
  policy.expects = false;
  const auto own = simulation.b.endpoint->Connect(simulation.a.address, 5001, 6100, simulation.now);
  ASSERT_TRUE(own);
  const std::uint64_t ups = simulation.a.ups;
  simulation.Pump();
  ASSERT_TRUE(simulation.RunUntil([&] { return simulation.a.ups == ups + 1; }, 2s));
  Send(simulation.a.id, 60'000);
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == before + 2; }, 2s));
}

// Trust() frees what it held of the budget, and it may go on at once.
TEST_F(UnverifiedTest, TrustMakesRoomForTheOthers) {
  LetStrangersFillIt();
  const AssociationId last = simulation.b.id;
  simulation.b.endpoint->Trust(last, simulation.now);
  const std::size_t left = Held();
  EXPECT_LE(left, kBudget);
  simulation.filter = nullptr;
  simulation.b.messages = 0;
  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == strangers.size(); }, 300s));
  EXPECT_EQ(Held(), 0u);
}

}  // namespace
}  // namespace sctp::testing
