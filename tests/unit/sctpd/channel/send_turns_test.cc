#include "funnel-sctpd/channel/send_turns.h"

#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {
namespace {

constexpr std::size_t kFrame = 16 * 1024;

class SendTurnsTest : public ChannelParts, public FrameTaker {
 protected:
  SendTurnsTest() : association(MakeUp()) {}
  ~SendTurnsTest() override { channels.Clear(); }

  Taken TakeFromLink(Channel& channel, ByteView) override {
    if (room == 0) return Taken::kBlocked;
    --room;
    order.push_back(channel.number);
    return Taken::kYes;
  }
  // A channel on the association whose link has FRAMES.
  Channel& Sender(int frames) {
    Channel& channel = Add(ChannelRole::kListen);
    TestLink& link = Link(channel);
    for (int i = 0; i < frames; ++i) link.input.emplace_back(kFrame);
    channel.Join(*association);
    return channel;
  }
  TestLink& LinkOf(Channel& channel) { return static_cast<TestLink&>(*channel.link); }

  std::unique_ptr<Association> association;
  SendTurns turns{shared, *this};
  std::vector<std::uint64_t> order;
  std::size_t room = SIZE_MAX;
};

TEST_F(SendTurnsTest, LoneChannelSendsAllAtOnce) {
  Channel& channel = Sender(20);
  turns.OnReadable(channel);
  EXPECT_EQ(order.size(), 20u);
  EXPECT_TRUE(LinkOf(channel).watched);
  EXPECT_FALSE(turns.Run());
}

TEST_F(SendTurnsTest, ChannelsTakeTurnsOfAQuantum) {
  Channel& waiting = Sender(8);
  Channel& other = Sender(8);
  room = 0;
  turns.OnReadable(waiting);
  EXPECT_TRUE(association->blocked);
  EXPECT_FALSE(LinkOf(waiting).watched);
  room = SIZE_MAX;
  association->blocked = false;
  turns.OnReadable(other);
  // Each sends four frames in a turn.
  EXPECT_EQ(order, std::vector<std::uint64_t>(4, other.number));
  turns.Run();
  EXPECT_EQ(order.size(), 16u);
  EXPECT_EQ(order[4], waiting.number);
  EXPECT_EQ(order[8], other.number);
  EXPECT_TRUE(LinkOf(waiting).watched) << "all of it was read";
}

TEST_F(SendTurnsTest, InterruptedTurnGoesOnWithWhatIsLeft) {
  Channel& first = Sender(8);
  Channel& second = Sender(8);
  room = 0;
  turns.OnReadable(first);
  association->blocked = false;
  turns.OnReadable(second);
  room = 3;
  association->blocked = false;
  turns.MarkReady(*association);
  turns.Run();
  EXPECT_EQ(order, std::vector<std::uint64_t>(3, first.number));
  room = SIZE_MAX;
  association->blocked = false;
  turns.MarkReady(*association);
  turns.Run();
  EXPECT_EQ(order[3], first.number);
  EXPECT_EQ(order[4], second.number);
}

TEST_F(SendTurnsTest, BetterPriorityGoesFirst) {
  Channel& bulk = Sender(4);
  room = 0;
  turns.OnReadable(bulk);
  shared.config.services.front().priority = 7;
  turns.Configure(bulk);
  EXPECT_TRUE(bulk.queued) << "in the queue of its new priority";
  Channel& urgent = Sender(1);
  room = SIZE_MAX;
  association->blocked = false;
  turns.OnReadable(urgent);
  turns.MarkReady(*association);
  turns.Run();
  EXPECT_EQ(order.front(), urgent.number);
}

TEST_F(SendTurnsTest, CopiesAreWantedAsConfigured) {
  Channel& channel = Sender(1);
  turns.Configure(channel);
  EXPECT_FALSE(channel.copied);
  shared.config.services.front().copies = 2;
  turns.Configure(channel);
  EXPECT_TRUE(channel.copied);
}

TEST_F(SendTurnsTest, OneThatIsDownHasNoTurn) {
  Channel& channel = Sender(8);
  room = 0;
  turns.OnReadable(channel);
  room = SIZE_MAX;
  association->blocked = false;
  turns.MarkReady(*association);
  turns.Forget(*association);
  EXPECT_FALSE(turns.Run());
  EXPECT_TRUE(order.empty());
}

TEST_F(SendTurnsTest, EndOfALinkIsItsSides) {
  Channel& channel = Sender(1);
  LinkOf(channel).closed = true;
  turns.OnReadable(channel);
  EXPECT_EQ(order.size(), 1u);
  EXPECT_EQ(side.closed, std::vector{channel.number});
}

}  // namespace
}  // namespace funnel::sctpd
