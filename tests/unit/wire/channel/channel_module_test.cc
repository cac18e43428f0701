// Each end tells the other which protocol module it has, where that was agreed on.
#include "tests/unit/wire/channel/openings.h"

namespace funnel::wire::testing {
namespace {

using Said = std::vector<std::pair<std::uint64_t, std::string>>;
using State = Channel::State;

ChannelSettings Agreed() {
  ChannelSettings settings;
  settings.features = {Feature::kConnections, Feature::kModules};
  return settings;
}

constexpr int kModule = 131;

TEST(ChannelModule, EachEndLearnsThatOfTheOther) {
  Ends ends(Agreed());
  ends.a.channel->SendModule({1, "dns"});
  ends.b.channel->SendModule({0, ""});
  ends.Run();
  EXPECT_EQ(ends.b.seen.modules, (Said{{1, "dns"}}));
  EXPECT_EQ(ends.a.seen.modules, (Said{{0, ""}}));
  EXPECT_EQ(ends.a.channel->state(), State::kOpen);
}

TEST(ChannelModule, ItGoesInTheFirstFrameAndIsReliable) {
  Ends ends(Agreed());
  ends.a.channel->SendModule({1, "dns"});
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 1u);
  EXPECT_TRUE(IsReliable(ends.a.out.frames[0]));
  const auto kinds = KindsIn(ends.a.out.frames[0]);
  EXPECT_EQ(std::ranges::count(kinds, kModule), 1);
}

TEST(ChannelModule, NothingIsSentToAPeerThatHasNotAgreed) {
  Ends ends;
  ends.a.channel->SendModule({1, "dns"});
  ends.Flush(ends.a);
  for (const Bytes& frame : ends.a.out.frames)
    EXPECT_EQ(std::ranges::count(KindsIn(frame), kModule), 0);
  ends.Run();
  EXPECT_TRUE(ends.b.seen.modules.empty());
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

void ExpectViolation(Ends& ends, End& victim, const Bytes& frame, std::string_view why) {
  ends.Give(victim, frame);
  ends.Flush(victim);
  EXPECT_EQ(victim.channel->stats().violations, 1u);
  ASSERT_EQ(victim.seen.ended.size(), 1u);
  EXPECT_EQ(victim.seen.ended[0].code, EndCode::kProtocol);
  EXPECT_EQ(victim.seen.ended[0].text, why);
}

TEST(ChannelModule, OneThatWasNotAgreedOnIsAViolation) {
  Ends ends;
  Rogue rogue(Role::kInitiator);
  ExpectViolation(ends, ends.b, rogue.NextWith(ModuleRecord{1, "dns"}), "MODULE was not agreed on");
  EXPECT_TRUE(ends.b.seen.modules.empty());
}

TEST(ChannelModule, ASecondOneIsAViolation) {
  Ends ends(Agreed());
  Rogue rogue(Role::kInitiator);
  ends.Give(ends.b, rogue.NextWith(ModuleRecord{1, "dns"}));
  EXPECT_EQ(ends.b.seen.modules, (Said{{1, "dns"}}));
  ExpectViolation(ends, ends.b, rogue.NextWith(ModuleRecord{1, "dns"}), "MODULE came twice");
}

TEST(ChannelModule, ANameThatIsNoneIsAViolation) {
  Ends ends(Agreed());
  Rogue rogue(Role::kAcceptor);
  ExpectViolation(ends, ends.a, rogue.NextWith(ModuleRecord{1, "\x1b[2J"}),
                  "MODULE has no name of a module");
  EXPECT_TRUE(ends.a.seen.modules.empty());
}

}  // namespace
}  // namespace funnel::wire::testing
