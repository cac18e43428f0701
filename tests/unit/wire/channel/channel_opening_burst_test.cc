// What becomes of a flow's first datagrams when those that open it are late.
#include <string>
#include <vector>

#include "tests/unit/wire/channel/openings.h"

namespace funnel::wire::testing {
namespace {

// The first frame of a burst is lost, and comes again only after all others.
TEST_F(Opening, WhatMustArriveDoesWhateverOvertakesIt) {
  constexpr std::size_t kMany = 5000;  // more than the far end keeps of what overtakes
  const auto id = ends.a.channel->OpenFlow(kClient);
  for (std::size_t i = 0; i < kMany; ++i) Insist(*id, std::string(100, 'x'));
  std::vector<Bytes> late;
  for (int i = 0; i < 9; ++i) late.push_back(ends.a.out.Take());
  EXPECT_EQ(KindsIn(late[8]), (std::vector{kOpenSession, kPing, kOpening}));
  EXPECT_TRUE(IsReliable(late[8]));
  ends.Deliver(ends.a);
  EXPECT_EQ(Received(*id).datagrams.size(), kMany - 9);
  for (const Bytes& frame : late) ends.Give(ends.b, frame);
  EXPECT_EQ(Received(*id).datagrams.size(), kMany);
  EXPECT_EQ(Stats(ends.b).datagrams_dropped, 0u);
  EXPECT_EQ(Stats(ends.b).sessions_opened, 1u);

  // The PONG shows that it is known.
  ends.Run();
  Insist(*id, "plain");
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), std::vector{kDatagram});
}

TEST_F(Opening, OneFlowIsProvenAtATimeAndAgainIfTheAnswerIsLost) {
  const auto first = ends.a.channel->OpenFlow(kClient), second = ends.a.channel->OpenFlow(kClient);
  for (int i = 0; i < 9; ++i) {
    Insist(*first, "f");
    Insist(*second, "s");
  }
  EXPECT_EQ(Pings(), 1);
  ends.Deliver(ends.a);
  ends.Flush(ends.b);
  ends.b.out.frames.clear();
  Insist(*second, "s");
  EXPECT_EQ(Pings(), 0);

  ends.Pass(std::chrono::seconds(1));
  Insist(*second, "s");
  Insist(*second, "s");
  EXPECT_EQ(Pings(), 1);
  ends.Run();
  Insist(*second, "s");
  EXPECT_EQ(KindsIn(ends.a.out.Take()), std::vector{kDatagram});

  Insist(*first, "f");
  EXPECT_EQ(Pings(), 1) << "now it is its turn";
  ends.Run();
  Insist(*first, "f");
  EXPECT_EQ(KindsIn(ends.a.out.Take()), std::vector{kDatagram});
}

// It ends while what would prove it is on its way.
TEST_F(Opening, AFlowThatEndsBeforeItIsProvenHoldsUpNoOther) {
  const auto first = ends.a.channel->OpenFlow(kClient);
  for (int i = 0; i < 9; ++i) Insist(*first, "f");
  ends.a.channel->EndSession(*first);
  ends.Run();
  const auto second = ends.a.channel->OpenFlow(kClient);
  for (int i = 0; i < 9; ++i) Insist(*second, "s");
  EXPECT_EQ(Pings(), 1);
  EXPECT_EQ(ends.a.channel->state(), ChannelState::kOpen);
}

TEST_F(Opening, WhatMayExpireWaitsThereForWhatOpensIt) {
  const SessionId id = Ask("0");
  for (int i = 1; i < 100; ++i) Say(id, std::to_string(i));
  std::vector<Bytes> late;
  for (int i = 0; i < 9; ++i) late.push_back(ends.a.out.Take());
  EXPECT_EQ(KindsIn(late[8]), std::vector{kOpenSession});
  ends.Deliver(ends.a);
  EXPECT_TRUE(Received(id).datagrams.empty());
  ends.Give(ends.b, late[8]);
  EXPECT_EQ(Received(id).datagrams.size(), 92u);
  EXPECT_EQ(Stats(ends.b).datagrams_dropped, 0u);
}

}  // namespace
}  // namespace funnel::wire::testing
