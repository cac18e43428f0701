// A session names its target, and its streams, exactly where that was agreed on.
#include "tests/unit/wire/channel/openings.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;

ChannelSettings WithTargets() {
  ChannelSettings settings;
  settings.features = kTargetFeatures;
  return settings;
}
const SessionInfo kToTarget{"192.0.2.1:4711", "", Target{"www.example.org", 443}};

void ExpectViolation(Ends& ends, const SessionInfo& info, std::string_view why) {
  Rogue rogue(Role::kInitiator);
  ends.Give(ends.b, rogue.NextWith(OpenSessionRecord{SessionId(0), info}));
  ends.Flush(ends.b);
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kProtocol);
  EXPECT_EQ(ends.b.seen.ended[0].text, why);
  EXPECT_TRUE(ends.b.seen.sessions.empty());
}

TEST(ChannelTarget, TheAcceptorLearnsIt) {
  Ends ends(WithTargets());
  const auto id = ends.a.channel->OpenSession(kToTarget);
  ASSERT_TRUE(id);
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].info, kToTarget);
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(ChannelTarget, OneThatWasNotAgreedOnIsAViolation) {
  Ends ends;
  ExpectViolation(ends, kToTarget, "a target was not agreed on");
}

TEST(ChannelTarget, WhereItWasAgreedOnASessionWithoutOneIsAViolation) {
  Ends ends(WithTargets());
  ExpectViolation(ends, {"192.0.2.1:4711", ""}, "a session has no target");
}

TEST(ChannelTarget, StreamsAreThereExactlyWhereAssociationsWereAgreedOn) {
  ChannelSettings settings;
  settings.features = kAssociationFeatures;
  const SessionInfo with_streams{
      .client = "192.0.2.1:4711", .local = "", .streams = StreamCounts{16, 8}};

  Ends ends(settings);
  const auto id = ends.a.channel->OpenSession(with_streams);
  ASSERT_TRUE(id);
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].info, with_streams);

  Ends without;
  ExpectViolation(without, with_streams, "streams were not agreed on");
  Ends rogue(settings);
  ExpectViolation(rogue, {"192.0.2.1:4711", ""}, "a session has no streams");
}

}  // namespace
}  // namespace funnel::wire::testing
