// How a flow is opened if the other end does not know OPENING.
#include "tests/unit/wire/channel/openings.h"

namespace funnel::wire::testing {
namespace {

class OpeningWithoutFeature : public Opening {
 protected:
  OpeningWithoutFeature() : Opening(WithoutFeature()) {}
};

TEST_F(OpeningWithoutFeature, BothGoInOneReliableFrame) {
  const SessionId id = Ask("who?");
  ASSERT_EQ(ends.a.out.frames.size(), 1u);
  EXPECT_TRUE(IsReliable(ends.a.out.frames[0]));
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), (std::vector{kOpenSession, kDatagram}));
  Say(id, "more");
  EXPECT_FALSE(IsReliable(ends.a.out.frames[1]));
  EXPECT_EQ(KindsIn(ends.a.out.frames[1]), std::vector{kDatagram});
  ends.Give(ends.b, ends.a.out.Take(1));
  ends.Deliver(ends.a);
  EXPECT_EQ(Received(id).datagrams, (std::vector<std::string>{"more", "who?"}));
  EXPECT_EQ(Stats(ends.a).sessions_opened_by_frame, 1u);
  EXPECT_EQ(Stats(ends.b).sessions_opened_by_frame, 1u);
}

TEST_F(OpeningWithoutFeature, ManyAtATimeStayWithTheirDatagrams) {
  for (int i = 0; i < 100; ++i)
    ends.a.channel->SendDatagram(*ends.a.channel->OpenFlow(kClient), Bytes(200, 'x'));
  ends.Flush(ends.a);
  for (const Bytes& frame : ends.a.out.frames) {
    const auto kinds = KindsIn(frame);
    EXPECT_EQ(std::ranges::count(kinds, kOpenSession), std::ranges::count(kinds, kDatagram));
    EXPECT_LE(frame.size(), ChannelSettings().packet_budget);
  }
}

TEST(OpeningLimits, WhatWaitsWithItIsBounded) {
  ChannelSettings settings = WithoutFeature();
  settings.datagram_queue_max = 10'000;
  Ends ends(settings);
  ends.Run();
  ends.a.out.room = 0;
  for (int i = 0; i < 100; ++i)
    ends.a.channel->SendDatagram(*ends.a.channel->OpenFlow(kClient), Bytes(1000, 'x'));
  EXPECT_GT(ends.a.channel->stats().datagrams_dropped, 70u);
  ends.a.out.room = 1 << 20;
  ends.Run();
  EXPECT_EQ(ends.b.channel->stats().sessions_opened_by_frame, 100u);
}

TEST_F(OpeningWithoutFeature, ItIsAViolation) {
  Rogue rogue(Role::kInitiator);
  Ends others(WithoutFeature());
  others.Give(others.b, rogue.NextWith(OpeningRecord{SessionId(0), kClient, AsBytes("x")}));
  others.Flush(others.b);
  ASSERT_EQ(others.b.seen.ended.size(), 1u);
  EXPECT_EQ(others.b.seen.ended[0].text, "OPENING was not agreed on");
}

TEST_F(OpeningWithoutFeature, OpeningTwiceIsAViolation) {
  Rogue rogue(Role::kInitiator);
  Ends others(WithoutFeature());
  for (int i = 0; i < 2; ++i)
    others.Give(others.b, rogue.NextWith(OpenSessionRecord{SessionId(0), kClient}));
  EXPECT_EQ(others.b.channel->stats().violations, 1u);
}

}  // namespace
}  // namespace funnel::wire::testing
