// MARK: the far side learns how the packet was marked in which each datagram came.
#include "tests/unit/wire/channel/openings.h"

namespace funnel::wire::testing {
namespace {

constexpr int kMark = static_cast<int>(RecordKind::kMark);
constexpr DatagramTerms kExpedited{.lifetime = std::chrono::milliseconds(3000), .dscp = 46};
using Marks = std::vector<int>;

class ChannelMark : public Opening {
 protected:
  explicit ChannelMark(const ChannelSettings& settings = Expirable()) : Opening(settings) {}
  void SayMarked(SessionId id, std::string_view datagram) {
    EXPECT_TRUE(ends.a.channel->SendDatagram(id, AsBytes(datagram), kExpedited));
  }
};

TEST_F(ChannelMark, GoesWithADatagramThatOpensItsSession) {
  const SessionId id = *ends.a.channel->OpenFlow(kClient);
  SayMarked(id, "asks");
  ends.Flush(ends.a);
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), (std::vector{kMark, kOpening}));
  ends.Run();
  EXPECT_EQ(Received(id).datagrams, std::vector<std::string>{"asks"});
  EXPECT_EQ(Received(id).marks, Marks{46});
}

TEST_F(ChannelMark, IsOneDatagramsAndNoOthers) {
  const SessionId id = Ask("opens");
  ends.Run();
  EXPECT_TRUE(ends.b.channel->SendDatagram(id, AsBytes("knows it")));
  ends.Run();
  SayMarked(id, "1");
  Say(id, "2");
  SayMarked(id, "3");
  ends.Run();
  EXPECT_EQ(Received(id).datagrams, (std::vector<std::string>{"opens", "1", "2", "3"}));
  EXPECT_EQ(Received(id).marks, (Marks{0, 46, 0, 46}));
}

TEST_F(ChannelMark, AnswersHaveTheirs) {
  const SessionId id = Ask("asks");
  ends.Run();
  EXPECT_TRUE(ends.b.channel->SendDatagram(id, AsBytes("answers"), kExpedited));
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions[id].marks, Marks{46});
}

TEST_F(ChannelMark, WithoutADatagramItSaysNothing) {
  Rogue rogue(Role::kInitiator);
  Ends others(Expirable());
  others.Give(others.b, rogue.NextWith(MarkRecord{46}));
  others.Give(others.b, rogue.NextWith(OpeningRecord{SessionId(0), kClient, AsBytes("x")}));
  EXPECT_TRUE(others.b.seen.ended.empty());
  EXPECT_EQ(others.b.seen.sessions[SessionId(0)].marks, Marks{0});
}

class ChannelMarkWithoutOpenings : public ChannelMark {
 protected:
  ChannelMarkWithoutOpenings() : ChannelMark(WithoutFeature()) {}
};

// Nodes of version 0.1.0 skip it.
TEST_F(ChannelMarkWithoutOpenings, StandsBeforeTheDatagramThatItIsOf) {
  const SessionId id = *ends.a.channel->OpenFlow(kClient);
  SayMarked(id, "asks");
  ends.Flush(ends.a);
  EXPECT_EQ(KindsIn(ends.a.out.frames[0]), (std::vector{kOpenSession, kMark, kDatagram}));
  ends.Run();
  EXPECT_EQ(Received(id).marks, Marks{46});
}

}  // namespace
}  // namespace funnel::wire::testing
