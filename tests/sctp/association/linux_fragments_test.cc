// A peer that numbers the fragments of I-DATA as Linux does.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sctp/simulator/simulation.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

TEST(LinuxFragmentsTest, TheSecondHasTheFirstNumberBothWays) {
  constexpr std::uint32_t kIndication = 0x12345678;
  LinkSettings link;
  link.bits_per_second = 100e6;
  auto settings = Simulation::Symmetric(link, 1);
  for (auto* endpoint : {&settings.a, &settings.b}) {
    endpoint->association.capabilities.adaptation = kIndication;
    endpoint->association.linux_fragments = kIndication;
  }

  Simulation simulation(settings);
  std::vector<std::uint32_t> numbers;
  simulation.filter = [&](const Node&, MutableByteView packet) {
    ChunkReader chunks(packet.subspan(kCommonHeaderSize));
    while (const auto chunk = chunks.Next())
      if (const auto data = DataView::Parse(*chunk); data && !data->begin)
        numbers.push_back(data->fsn);
    return true;
  };

  ASSERT_TRUE(simulation.Connect());
  Bytes message(5000);
  for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<std::uint8_t>(i / 7);
  int whole = 0;
  simulation.b.on_message = [&](StreamId, MutableByteView got) {
    whole += std::ranges::equal(got, message);
  };

  EXPECT_EQ(simulation.a.Send(StreamId(1), message), SendStatus::kSent);
  EXPECT_EQ(simulation.a.Send(StreamId(1), message), SendStatus::kSent);
  simulation.Pump();

  EXPECT_TRUE(simulation.RunUntil([&] { return simulation.b.messages == 2; }, 2s));
  EXPECT_EQ(whole, 2);
  EXPECT_EQ(numbers, (std::vector<std::uint32_t>{0, 1, 2, 0, 1, 2}));
}

}  // namespace
}  // namespace sctp::testing
