#include "funnel-sctpd/channel/pending_opens.h"

#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {
namespace {

class PendingOpensTest : public ChannelParts {
 protected:
  Channel& Open(Association& association, std::uint16_t stream) {
    Channel& channel = Add(ChannelRole::kConnect);
    channel.TakeStream(association, StreamId(stream), ChannelId(stream));
    return channel;
  }
};

TEST_F(PendingOpensTest, VerdictFindsItsChannelOnce) {
  auto association = MakeUp();
  Channel& first = Open(*association, 1);
  Channel& second = Open(*association, 2);
  pending.AskAuthd(first, AsBytes("one"));
  pending.AskAuthd(second, AsBytes("two"));
  ASSERT_EQ(authd.accepts.size(), 2u);
  EXPECT_EQ(authd.accepts[1].open_body, Bytes({'t', 'w', 'o'}));
  EXPECT_EQ(pending.Take(authd.accepts[1].request), &second);
  EXPECT_EQ(pending.Take(authd.accepts[1].request), nullptr);
  EXPECT_FALSE(second.half_open);
  EXPECT_TRUE(first.half_open);
}

TEST_F(PendingOpensTest, OneThatIsTakenBackHasNoVerdict) {
  auto association = MakeUp();
  Channel& channel = Open(*association, 1);
  pending.AskAuthd(channel, AsBytes("open"));
  EXPECT_EQ(channels.NextTimer(), now + 15s);
  pending.Remove(channel);
  pending.Remove(channel);
  EXPECT_EQ(pending.Take(authd.accepts[0].request), nullptr);
  EXPECT_EQ(channels.NextTimer(), TimePoint::max());
  EXPECT_EQ(association->half_open, 0u);
}

TEST_F(PendingOpensTest, CountsBothKindsAgainstBothLimits) {
  shared.config.node.sctp.half_open_per_association = 2;
  shared.config.node.sctp.half_open_total = 3;
  auto one = MakeUp(), other = MakeUp();
  pending.AskAuthd(Open(*one, 1), AsBytes("open"));
  pending.AwaitNextHop(Open(*one, 2));
  EXPECT_FALSE(pending.HasRoomOn(*one));
  EXPECT_TRUE(pending.HasRoomOn(*other));
  Channel& last = Open(*other, 1);
  pending.AwaitNextHop(last);
  EXPECT_FALSE(pending.HasRoomOn(*other)) << "the total";
  EXPECT_EQ(counters[kHalfOpen].value(), 3u);
  pending.Remove(last);
  EXPECT_TRUE(pending.HasRoomOn(*other));
  EXPECT_EQ(counters[kHalfOpen].value(), 2u);
}

TEST_F(PendingOpensTest, NewAuthdIsAskedForWhatWaitsForIt) {
  auto association = MakeUp();
  Channel& channel = Open(*association, 1);
  pending.AskAuthd(channel, AsBytes("open"));
  pending.AwaitNextHop(Open(*association, 2));
  const std::uint32_t request = authd.accepts[0].request;
  authd.accepts.clear();
  pending.OnAuthdUp();
  ASSERT_EQ(authd.accepts.size(), 1u) << "the next hop was asked by OPEN";
  EXPECT_EQ(authd.accepts[0].request, request);
  EXPECT_EQ(authd.accepts[0].open_body, Bytes({'o', 'p', 'e', 'n'}));
}

}  // namespace
}  // namespace funnel::sctpd
