// Two associations over links of any kind, with any settings, each sending at random.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <vector>

#include "tests/sctp/simulator/workloads.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kLossyStream = 9;

// What goes one way: messages whose bytes have their number in their stream.
struct Direction {
  void Receive(StreamId stream, MutableByteView message) {
    const std::uint64_t number = funnel::LoadBigEndian<8>(message.data());
    std::uint64_t& next = received[stream.value()];
    for (std::size_t i = 8; i < message.size(); ++i)
      ASSERT_EQ(message[i], static_cast<std::uint8_t>(number + i));
    if (stream.value() == kLossyStream) {
      ASSERT_GE(number, next);  // some are missing, none comes late or twice
      next = number + 1;
    } else {
      ASSERT_EQ(number, next);
      ++next;
      --reliable_left;
    }
  }

  // COPIES: every second message is sent twice.
  void Send(Simulation& simulation, Node& node, TestRandom& random, bool copies) {
    const auto stream =
        static_cast<std::uint16_t>(random.U32() % 4 == 0 ? kLossyStream : random.U32() % 4);
    Bytes message(8 + (random.U32() % 8 == 0 ? random.U32() % 20'000 : random.U32() % 300));
    const std::uint64_t number = sent[stream];
    funnel::StoreBigEndian<8>(message.data(), number);
    for (std::size_t i = 8; i < message.size(); ++i)
      message[i] = static_cast<std::uint8_t>(number + i);

    SendOptions options;
    options.copy = copies && number % 2 == 0;
    if (stream == kLossyStream) options.deadline = simulation.now + 1ms * (random.U32() % 200);
    if (node.Send(StreamId(stream), message, options) != SendStatus::kSent) return;
    ++sent[stream];
    if (stream != kLossyStream) ++reliable_left;
  }

  std::map<std::uint16_t, std::uint64_t> sent, received;
  std::uint64_t reliable_left = 0;
};

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
  // A burst in which everything is lost lasts for a number of packets, not for a time: so neither
  // dead peers nor connection attempts are given up.
  for (auto* endpoint : {&settings.a, &settings.b}) {
    endpoint->association.heartbeats.dead_after = 5min;
    endpoint->association.initiator.attempts = 80;
    endpoint->association.search_mtu = seed % 2 == 1;
  }
  if (random.Unit() < 0.3) settings.b.association.congestion = CongestionLaw::kReno;
  Simulation simulation(settings);
  ASSERT_TRUE(simulation.Connect());
  // A cookie that became too old during the bursts makes the peer restart.
  simulation.b.downs.clear();
  if (seed % 3 == 0) OfferBothLinks(simulation, seed);

  Direction directions[2];
  simulation.b.on_message = [&](StreamId stream, MutableByteView message) {
    directions[0].Receive(stream, message);
  };
  simulation.a.on_message = [&](StreamId stream, MutableByteView message) {
    directions[1].Receive(stream, message);
  };
  for (int i = 0; i < 400; ++i) {
    simulation.At(simulation.now + 5ms * i, [&] {
      const bool copies = seed % 5 == 0;
      if (random.Unit() < 0.8) directions[0].Send(simulation, simulation.a, random, copies);
      if (random.Unit() < 0.8) directions[1].Send(simulation, simulation.b, random, copies);
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
                      << simulation.a.association()->sender()->flight().outstanding.size() << " "
                      << simulation.b.association()->sender()->flight().outstanding.size();
  EXPECT_EQ(simulation.a.association()->receiver()->held_bytes(), 0u);
  EXPECT_EQ(simulation.b.association()->receiver()->held_bytes(), 0u);
}

// These seeds always; as many as SCTP_SEEDS says if that is in the environment.
int Seeds() {
  const char* asked = std::getenv("SCTP_SEEDS");
  return asked != nullptr ? std::atoi(asked) : 200;
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnythingTest, ::testing::Range(1, Seeds() + 1));

}  // namespace
}  // namespace sctp::testing
