// The acceptor says what becomes of new sessions, where that was agreed on.
#include "common/wire/channel/service_state.h"
#include "tests/unit/wire/channel/openings.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;

ChannelSettings WithServing() {
  ChannelSettings settings;
  settings.features = {Feature::kConnections, Feature::kServing};
  return settings;
}

constexpr int kServing = 133;

TEST(ChannelServing, TheInitiatorLearnsEachChange) {
  Ends ends(WithServing());
  ends.Run();
  EXPECT_EQ(ends.a.channel->serving(), Serving::kYes);
  EXPECT_EQ(ends.a.seen.servings, 0);

  ends.b.channel->ReportServing(Serving::kYes);
  ends.b.channel->ReportServing(Serving::kNoBackend);
  ends.b.channel->ReportServing(Serving::kNoBackend);
  ends.Flush(ends.b);
  ASSERT_EQ(ends.b.out.frames.size(), 1u);
  EXPECT_TRUE(IsReliable(ends.b.out.frames[0]));
  const auto kinds = KindsIn(ends.b.out.frames[0], Role::kInitiator);
  EXPECT_EQ(std::ranges::count(kinds, kServing), 1);

  ends.Run();
  EXPECT_EQ(ends.a.channel->serving(), Serving::kNoBackend);
  ends.b.channel->ReportServing(Serving::kYes);
  ends.Run();
  EXPECT_EQ(ends.a.channel->serving(), Serving::kYes);
  EXPECT_EQ(ends.a.seen.servings, 2);
}

// At the start it cannot seal yet.
TEST(ChannelServing, WhatIsSaidBeforeTheFirstFrameFollows) {
  Ends ends(WithServing());
  ends.b.channel->ReportServing(Serving::kDrained);
  ends.Run();
  EXPECT_EQ(ends.a.channel->serving(), Serving::kDrained);
}

TEST(ChannelServing, NothingIsSentToAPeerThatHasNotAgreed) {
  Ends ends;
  ends.Run();
  ends.b.channel->ReportServing(Serving::kNoBackend);
  EXPECT_TRUE(ends.Flush(ends.b));
  EXPECT_TRUE(ends.b.out.frames.empty());
  EXPECT_EQ(ends.a.channel->serving(), Serving::kYes);
}

TEST(ChannelServing, TheGreatestSerialCounts) {
  ServiceState acceptor, initiator;
  const auto first = acceptor.Report(Serving::kNoBackend), second = acceptor.Report(Serving::kYes);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(acceptor.Report(Serving::kYes));
  EXPECT_FALSE(initiator.OnServing(*second)) << "it is as it was";
  EXPECT_FALSE(initiator.OnServing(*first));
  EXPECT_EQ(initiator.state(), Serving::kYes);
  EXPECT_TRUE(initiator.OnServing({7, Serving::kDrained}));
  EXPECT_FALSE(initiator.OnServing({7, Serving::kYes}));
  EXPECT_EQ(initiator.state(), Serving::kDrained);
}

TEST(ChannelServing, WhatNobodyKnowsIsARefusal) {
  EXPECT_TRUE(TakesSessions(Serving::kYes));
  EXPECT_TRUE(TakesSessions(Serving::kWaitsForBackend));
  EXPECT_FALSE(TakesSessions(Serving::kNoBackend));
  EXPECT_FALSE(TakesSessions(Serving::kDrained));
  EXPECT_FALSE(TakesSessions(static_cast<Serving>(4)));
}

void ExpectViolation(End& victim, std::string_view why) {
  EXPECT_EQ(victim.channel->stats().violations, 1u);
  ASSERT_EQ(victim.seen.ended.size(), 1u);
  EXPECT_EQ(victim.seen.ended[0].text, why);
}

TEST(ChannelServing, OneThatWasNotAgreedOnIsAViolation) {
  Ends ends;
  Rogue rogue(Role::kAcceptor);
  ends.Give(ends.a, rogue.NextWith(ServingRecord{1, Serving::kNoBackend}));
  ends.Flush(ends.a);
  ExpectViolation(ends.a, "SERVING was not agreed on");
}

TEST(ChannelServing, OneOfTheInitiatorIsAViolation) {
  Ends ends(WithServing());
  Rogue rogue(Role::kInitiator);
  ends.Give(ends.b, rogue.NextWith(ServingRecord{1, Serving::kNoBackend}));
  ends.Flush(ends.b);
  ExpectViolation(ends.b, "the initiator sent SERVING");
}

}  // namespace
}  // namespace funnel::wire::testing
