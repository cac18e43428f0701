// Two endpoints with two links between them, and load in both directions, of which each message
// must arrive once.
#pragma once

#include <gtest/gtest.h>

#include <set>

#include "tests/sctp/simulator/simulation.h"

namespace sctp::testing {

// Numbered messages at a steady rate; measures the longest time in which none arrived.
class SteadyLoad {
 public:
  SteadyLoad(Simulation& simulation, Node& from, Node& to)
      : simulation_(simulation), from_(from), to_(to) {
    to_.on_message = [this](StreamId, MutableByteView message) { Take(message); };
  }
  ~SteadyLoad() { to_.on_message = nullptr; }

  void Start() {
    running_ = true;
    last_ = simulation_.now;
    Step();
  }
  void Stop() { running_ = false; }
  [[nodiscard]] bool complete() const { return came_.size() == sent_; }
  [[nodiscard]] std::size_t came() const { return came_.size(); }
  [[nodiscard]] Duration stall() const { return stall_; }

 private:
  static constexpr Duration kInterval = std::chrono::milliseconds(5);

  void Step() {
    if (!running_) return;
    Bytes message(500);
    funnel::StoreBigEndian<8>(message.data(), sent_);
    if (from_.Send(StreamId(1), message, {.unordered = true}) == SendStatus::kSent) ++sent_;
    simulation_.At(simulation_.now + kInterval, [this] { Step(); });
  }
  void Take(MutableByteView message) {
    const bool first = came_.insert(funnel::LoadBigEndian<8>(message.data())).second;
    EXPECT_TRUE(first);
    stall_ = std::max(stall_, simulation_.now - last_);
    last_ = simulation_.now;
  }

  Simulation& simulation_;
  Node& from_;
  Node& to_;
  bool running_ = false;
  std::uint64_t sent_ = 0;
  std::set<std::uint64_t> came_;
  TimePoint last_{};
  Duration stall_{};
};

class TwoPathsTest : public ::testing::Test {
 protected:
  static Simulation::Settings BothLinks() {
    LinkSettings link;
    link.bits_per_second = 100e6;
    link.delay = std::chrono::milliseconds(10);
    Simulation::Settings settings = Simulation::Symmetric(link, 1);
    settings.other_to_a = settings.other_to_b = link;
    return settings;
  }
  explicit TwoPathsTest(const Simulation::Settings& settings = BothLinks())
      : simulation(settings) {}

  // Each gets both addresses of the other, and has an answer on both paths.
  void ConnectByBoth() {
    ASSERT_TRUE(simulation.Connect());
    for (auto [node, peer] : {std::pair(&a, &b), std::pair(&b, &a)})
      ASSERT_TRUE(node->endpoint->OfferPaths(node->id, {peer->address, peer->other_address},
                                             simulation.now));
    simulation.Pump();
    ASSERT_TRUE(
        simulation.RunUntil([&] { return Knows(a, b) && Knows(b, a); }, std::chrono::seconds(1)));
  }
  [[nodiscard]] bool Knows(const Node& node, const Node& peer) const {
    return StateOf(node, peer.other_address) == PathState::kReachable;
  }
  [[nodiscard]] PathState StateOf(const Node& node, const Address& address) const {
    for (const Path& path : node.association()->paths().all())
      if (path.address == address) return node.association()->paths().StateOf(path, simulation.now);
    return PathState::kUntried;
  }
  void Cut(bool cut) { simulation.to_a.cut = simulation.to_b.cut = cut; }
  void Exchange() {
    const std::uint64_t at_a = a.messages, at_b = b.messages;
    EXPECT_EQ(a.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
    EXPECT_EQ(b.Send(StreamId(1), Bytes(10)), SendStatus::kSent);
    simulation.Pump();
    EXPECT_TRUE(simulation.RunUntil(
        [&] { return a.messages == at_a + 1 && b.messages == at_b + 1; }, std::chrono::seconds(5)));
  }

  Simulation simulation;
  Node& a = simulation.a;
  Node& b = simulation.b;
};

}  // namespace sctp::testing
