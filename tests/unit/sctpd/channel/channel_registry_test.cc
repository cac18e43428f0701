#include "funnel-sctpd/channel/channel_registry.h"

#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {
namespace {

class ChannelRegistryTest : public ChannelParts {
 protected:
  ChannelRegistryTest() {
    shared.work = [this] { ++asked_for_work; };
  }
  int asked_for_work = 0;
};

TEST_F(ChannelRegistryTest, NumbersAreNeverUsedAgain) {
  const std::uint64_t first = Add(ChannelRole::kListen).number;
  Channel& second = Add(ChannelRole::kConnect);
  EXPECT_EQ(second.number, first + 1);
  channels.Remove(second);
  EXPECT_EQ(Add(ChannelRole::kListen).number, first + 2);
}

TEST_F(ChannelRegistryTest, GaugeFollowsAfterTheTurn) {
  Channel& channel = Add(ChannelRole::kListen);
  Add(ChannelRole::kListen);
  EXPECT_EQ(counters[kChannels].value(), 2u);
  channels.Remove(channel);
  channels.UpdateGauge();
  EXPECT_EQ(counters[kChannels].value(), 1u);
}

TEST_F(ChannelRegistryTest, DeadlinesComeInTheirOrder) {
  Channel& late = Add(ChannelRole::kListen);
  Channel& early = Add(ChannelRole::kListen);
  Channel& gone = Add(ChannelRole::kListen);
  channels.SetDeadline(late, 20s);
  channels.SetDeadline(early, 10s);
  channels.SetDeadline(gone, 5s);
  EXPECT_EQ(asked_for_work, 3) << "the loop's timer is to be set";
  EXPECT_EQ(channels.NextTimer(), now + 5s);
  channels.Remove(gone);
  EXPECT_EQ(channels.NextTimer(), now + 10s) << "its deadline went with it";

  std::vector<std::uint64_t> due;
  auto note = [&](Channel& channel) { due.push_back(channel.number); };
  now += 10s - 1ms;
  channels.RunDue(note);
  EXPECT_TRUE(due.empty());
  now += 10s + 1ms;
  channels.RunDue(note);
  EXPECT_EQ(due, (std::vector{early.number, late.number}));
  channels.RunDue(note);
  EXPECT_EQ(due.size(), 2u) << "each once";
  EXPECT_EQ(channels.NextTimer(), TimePoint::max());
}

TEST_F(ChannelRegistryTest, LookingAtAllOfThemIsCounted) {
  Add(ChannelRole::kListen);
  Add(ChannelRole::kListen);
  EXPECT_EQ(channels.walked(), 0u);
  EXPECT_EQ(channels.All().size(), 2u);
  EXPECT_EQ(channels.All().size(), 2u);
  EXPECT_EQ(channels.walked(), 4u);
  channels.Clear();
  EXPECT_TRUE(channels.All().empty());
}

}  // namespace
}  // namespace funnel::sctpd
