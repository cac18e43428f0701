// What opens a flow is sent with its first datagrams, so that none of them waits for another frame.
#include "tests/unit/wire/channel/openings.h"

namespace funnel::wire::testing {
namespace {

using std::chrono::milliseconds;

class OpeningWithRekey : public Opening {
 protected:
  static ChannelSettings Soon() {
    ChannelSettings settings = Expirable();
    settings.rekey_after_frames = 10;
    return settings;
  }
  OpeningWithRekey() : Opening(Soon()) {}
};

TEST_F(Opening, TheFirstDatagramIsOneFrameThatMayExpire) {
  const SessionId id = Ask("who?");
  ASSERT_EQ(ends.a.out.frames.size(), 1u);
  EXPECT_FALSE(IsReliable(ends.a.out.frames[0]));
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), std::vector{kOpening});
  ends.Deliver(ends.a);
  EXPECT_EQ(Received(id).info, kClient);
  EXPECT_EQ(Received(id).datagrams, std::vector<std::string>{"who?"});
  EXPECT_EQ(Stats(ends.a).sessions_opened_by_datagram, 1u);
  EXPECT_EQ(Stats(ends.b).sessions_opened_by_datagram, 1u);
  EXPECT_EQ(Stats(ends.b).sessions_opened, 1u);
}

TEST_F(Opening, EachBringsWhatOpensTheFlowUntilItIsAnswered) {
  const SessionId id = Ask("lost");
  ends.a.out.frames.clear();
  Say(id, "again");
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), std::vector{kOpening});
  ends.Deliver(ends.a);
  EXPECT_TRUE(Received(id).opened);
  EXPECT_EQ(Received(id).datagrams, std::vector<std::string>{"again"});

  EXPECT_TRUE(ends.b.channel->SendDatagram(id, AsBytes("you")));
  ends.Run();
  Say(id, "thanks");
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), std::vector{kDatagram});
  ends.Run();
  EXPECT_EQ(Received(id).datagrams.back(), "thanks");
}

TEST_F(Opening, TheFirstToArriveOpensItAndOthersOnlyBringTheirDatagram) {
  int opened = 0;
  ends.b.seen.on_opened = [&](SessionId) { ++opened; };
  const SessionId id = Ask("1");
  Say(id, "2");
  Say(id, "3");
  for (const std::size_t index : {2, 0, 0}) ends.Give(ends.b, ends.a.out.Take(index));
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(Received(id).datagrams, (std::vector<std::string>{"3", "1", "2"}));
  EXPECT_EQ(Stats(ends.b).openings_repeated, 2u);
  EXPECT_EQ(Stats(ends.b).violations, 0u);
}

TEST_F(Opening, ACopyThatSomebodyKeptIsDropped) {
  const SessionId id = Ask("1");
  const Bytes copy = ends.a.out.frames[0];
  ends.Run();
  ends.a.channel->EndSession(id);
  ends.Run();
  ends.Give(ends.b, copy);
  EXPECT_EQ(Stats(ends.b).replays, 1u);
  EXPECT_EQ(ends.b.channel->session_count(), 0u);
}

// Frames overtake each other: END_SESSION may come before everything that it ends.
TEST_F(Opening, ALateOneDoesNotOpenAFlowThatIsOver) {
  const SessionId id = Ask("late");
  const Bytes late = ends.a.out.Take();
  ends.a.channel->EndSession(id);
  ends.Run();
  const SessionId next = Ask("next");
  EXPECT_NE(next, id);
  ends.Run();
  ends.Give(ends.b, late);
  EXPECT_FALSE(Received(id).opened);
  EXPECT_EQ(Received(next).datagrams, std::vector<std::string>{"next"});
  EXPECT_EQ(Stats(ends.b).late_datagrams, 1u);
  EXPECT_EQ(ends.b.channel->session_count(), 1u);
}

TEST_F(Opening, OneThatIsRefusedIsNotOpenedByTheNext) {
  ends.b.seen.on_opened = [&](SessionId id) {
    ends.b.channel->ResetSession(id, EndCode::kDraining);
  };
  const SessionId id = Ask("1");
  Say(id, "2");
  ends.Deliver(ends.a);
  EXPECT_TRUE(Received(id).datagrams.empty());
  EXPECT_EQ(Stats(ends.b).sessions_opened, 1u);
  EXPECT_EQ(Stats(ends.b).late_datagrams, 2u);
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions[id].code, EndCode::kDraining);
  EXPECT_EQ(ends.b.channel->session_count(), 0u);
  EXPECT_FALSE(ends.a.channel->SendDatagram(id, AsBytes("3")));
}

TEST(OpeningLimits, BeyondTheSessionsThatThereMayBeItIsReset) {
  ChannelSettings few = Expirable();
  few.max_sessions = 2;
  Ends ends(Expirable(), few);
  ends.Run();
  std::vector<SessionId> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(*ends.a.channel->OpenFlow(kClient));
    ends.a.channel->SendDatagram(ids.back(), AsBytes("x"));
  }
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions[ids[2]].code, EndCode::kLimit);
  EXPECT_FALSE(ends.b.seen.sessions[ids[2]].opened);
  EXPECT_EQ(ends.b.seen.sessions[ids[1]].datagrams.size(), 1u);
  EXPECT_EQ(ends.b.channel->stats().sessions_opened_by_datagram, 2u);
}

TEST_F(Opening, WhatDoesNotFitAPacketIsOpenedByAFrame) {
  // Alone it fits.
  const std::string large(1300, 'x');
  const SessionId id = Ask(large);
  ASSERT_EQ(ends.a.out.frames.size(), 2u);
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), std::vector{kOpenSession});
  EXPECT_TRUE(IsReliable(ends.a.out.frames[0]));
  EXPECT_EQ(KindsIn(ends.a.out.frames[1]), std::vector{kDatagram});
  EXPECT_LE(ends.a.out.frames[1].size(), ChannelSettings().packet_budget);
  ends.Run();
  EXPECT_EQ(Received(id).datagrams, std::vector<std::string>{large});
  EXPECT_EQ(Stats(ends.a).sessions_opened_by_frame, 1u);
  Say(id, "small");
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), std::vector{kDatagram});
}

TEST_F(Opening, NoneMakesAFrameLargerThanAPacket) {
  for (std::size_t size = 1100; size < 1400; ++size) {
    Ask(std::string(size, 'x'));
    for (; !ends.a.out.frames.empty(); ends.a.out.Take()) {
      if (KindsIn(ends.a.out.frames[0]) == std::vector{kOpening}) {
        EXPECT_LE(ends.a.out.frames[0].size(), ChannelSettings().packet_budget);
      }
    }
  }
}

// A flow that gets no answers would otherwise pay for OPENING with each datagram.
TEST_F(Opening, AFlowThatIsNeverAnsweredIsOpenedByAFrameInTheEnd) {
  const SessionId id = Ask("0");
  for (int i = 1; i < 8; ++i) Say(id, std::to_string(i));
  for (const Bytes& frame : ends.a.out.frames) EXPECT_EQ(KindsIn(frame), std::vector{kOpening});
  ends.a.out.frames.clear();
  Say(id, "8");
  Say(id, "9");
  ASSERT_EQ(ends.a.out.frames.size(), 3u);
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), std::vector{kOpenSession});
  EXPECT_EQ(KindsIn(ends.a.out.frames[2]), std::vector{kDatagram});
  // All were lost but those.
  ends.Give(ends.b, ends.a.out.Take(2));
  ends.Deliver(ends.a);
  EXPECT_EQ(Received(id).info, kClient);
  EXPECT_EQ(Received(id).datagrams, (std::vector<std::string>{"9", "8"}));
  EXPECT_EQ(Stats(ends.a).sessions_opened_by_datagram, 1u);
  EXPECT_EQ(Stats(ends.a).openings_repeated, 8u);
  EXPECT_EQ(Stats(ends.b).sessions_opened_by_frame, 1u);
}

TEST_F(Opening, AFrameThatOpensWhatIsOpenAddsNothing) {
  const SessionId id = Ask("0");
  for (int i = 1; i < 9; ++i) Say(id, std::to_string(i));
  ends.Run();
  EXPECT_EQ(Received(id).datagrams.size(), 9u);
  EXPECT_EQ(Stats(ends.b).sessions_opened, 1u);
  EXPECT_EQ(Stats(ends.b).violations, 0u);
  EXPECT_EQ(ends.a.channel->state(), ChannelState::kOpen);
}

TEST_F(Opening, AFlowThatEndsUnheardLeavesNothing) {
  const auto id = ends.a.channel->OpenFlow(kClient);
  ends.a.channel->EndSession(*id);
  const SessionId other = Ask("x");
  ends.Run();
  EXPECT_FALSE(Received(*id).opened);
  EXPECT_TRUE(Received(other).opened);
  EXPECT_EQ(ends.b.channel->session_count(), 1u);
}

TEST_F(OpeningWithRekey, OneOfTheOldEpochOpensAFlowInTheNew) {
  const SessionId id = Ask("old");
  const Bytes old = ends.a.out.Take();

  ends.a.seen.on_rekey_due = [&](Epoch) { ends.a.channel->StartRekey(AsBytes("token")); };
  ends.b.seen.on_rekey_token = [&](Epoch, ByteView) {
    ends.b.channel->AnswerRekey(AsBytes("answer"), ToyKeys(8, Role::kAcceptor, ends.expires));
  };
  ends.a.seen.on_rekey_token = [&](Epoch, ByteView) {
    ends.a.channel->InstallEpoch(ToyKeys(8, Role::kInitiator, ends.expires));
  };

  for (int i = 0; i < 5; ++i) {
    ends.a.channel->Ping(1, ends.now);
    ends.Run();
  }
  ends.Pass(milliseconds(1));
  ends.Run();

  ASSERT_EQ(ends.b.channel->epoch(), Epoch(1));
  EXPECT_FALSE(Received(id).opened);
  Say(id, "new");
  ends.Deliver(ends.a);
  EXPECT_EQ(Received(id).datagrams, std::vector<std::string>{"new"});

  ends.Give(ends.b, old);
  EXPECT_EQ(Received(id).datagrams, (std::vector<std::string>{"new", "old"}));
  EXPECT_EQ(Stats(ends.b).openings_repeated, 1u);
}

TEST_F(Opening, TheAcceptorOpensNothing) {
  Rogue rogue(Role::kAcceptor);
  Ends others(Expirable());
  others.Give(others.a, rogue.NextWith(OpeningRecord{SessionId(0), kClient, AsBytes("x")}));
  others.Flush(others.a);
  EXPECT_EQ(others.a.channel->stats().violations, 1u);
  ASSERT_EQ(others.a.seen.ended.size(), 1u);
  EXPECT_EQ(others.a.seen.ended[0].code, EndCode::kProtocol);
}

}  // namespace
}  // namespace funnel::wire::testing
