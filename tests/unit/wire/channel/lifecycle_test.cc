#include "common/wire/channel/lifecycle.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/start.h"

namespace funnel::wire {
namespace {

using std::chrono::seconds;

constexpr TimePoint kConfirmBy = kStart + seconds(60);
constexpr TimePoint kDeadline = kStart + seconds(5);

Lifecycle Open() {
  Lifecycle life(kConfirmBy);
  EXPECT_TRUE(life.Confirm());
  return life;
}

TEST(Lifecycle, IsConfirmedOnceAndInTime) {
  Lifecycle life(kConfirmBy);
  EXPECT_EQ(life.state(), ChannelState::kConfirming);
  EXPECT_EQ(life.NextTimer(), kConfirmBy);
  EXPECT_FALSE(life.IsConfirmOverdue(kConfirmBy - seconds(1)));
  EXPECT_TRUE(life.IsConfirmOverdue(kConfirmBy));

  EXPECT_TRUE(life.Confirm());
  EXPECT_FALSE(life.Confirm());
  EXPECT_EQ(life.state(), ChannelState::kOpen);
  EXPECT_FALSE(life.IsConfirmOverdue(kConfirmBy));
  EXPECT_FALSE(life.NextTimer());
}

TEST(Lifecycle, AfterOurWordNothingIsHeardAndTheDeadlineEndsIt) {
  Lifecycle life = Open();
  EXPECT_TRUE(life.BeginClose(EndCode::kShutdown, "bye", /*clean=*/true, kDeadline));
  EXPECT_FALSE(life.BeginClose(EndCode::kProtocol, "again", /*clean=*/false, kConfirmBy));
  EXPECT_EQ(life.state(), ChannelState::kClosing);
  EXPECT_FALSE(life.Listens());
  EXPECT_FALSE(life.IsLive());
  EXPECT_FALSE(life.TakesSessions());
  EXPECT_TRUE(life.Speaks());
  ASSERT_NE(life.ours(), nullptr);
  EXPECT_EQ(life.ours()->code, EndCode::kShutdown);
  EXPECT_TRUE(life.ours()->clean);

  EXPECT_EQ(life.NextTimer(), kDeadline);
  EXPECT_FALSE(life.EndAt(kDeadline - seconds(1)));
  const auto end = life.EndAt(kDeadline);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, EndCode::kShutdown);
  EXPECT_FALSE(end->clean);  // FAREWELL never went out
}

TEST(Lifecycle, AFarewellIsCutToItsLength) {
  Lifecycle ours = Open();
  EXPECT_TRUE(ours.BeginClose(EndCode::kNone, std::string(300, 'x'), true, kDeadline));
  EXPECT_EQ(ours.ours()->text.size(), 255u);
  Lifecycle theirs = Open();
  theirs.OnFarewell(EndCode::kNone, std::string(300, 'x'));
  EXPECT_EQ(theirs.farewell().text.size(), 255u);
}

TEST(Lifecycle, ThePeersFarewellIsHeardThenTaken) {
  Lifecycle life = Open();
  life.OnFarewell(EndCode::kShutdown, "bye");
  EXPECT_TRUE(life.HasFarewell());
  EXPECT_TRUE(life.FollowsFarewell());
  EXPECT_TRUE(life.Listens());  // the promised frames may still come
  EXPECT_FALSE(life.IsDraining());
  EXPECT_FALSE(life.NextTimer());

  life.TakeFarewell(kDeadline);
  EXPECT_FALSE(life.Listens());
  EXPECT_TRUE(life.IsDraining());
  const auto end = life.EndAt(kDeadline);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, EndCode::kShutdown);
  EXPECT_TRUE(end->clean);

  EXPECT_TRUE(life.Finish());
  EXPECT_FALSE(life.Finish());
  EXPECT_FALSE(life.IsDraining());
  EXPECT_FALSE(life.FollowsFarewell());
}

TEST(Lifecycle, OurWordGoesBeforeAFarewellThatIsNotTakenYet) {
  Lifecycle life = Open();
  life.OnFarewell(EndCode::kShutdown, "bye");
  EXPECT_TRUE(life.BeginClose(EndCode::kProtocol, "no", false, kDeadline));
  EXPECT_FALSE(life.FollowsFarewell());
}

TEST(Lifecycle, AnAbruptEndOfTheLinkEndsAtOnceUnlessAllIsHere) {
  Lifecycle open = Open();
  const auto end = open.CloseLink(/*abrupt=*/true, kDeadline);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, EndCode::kTruncated);
  EXPECT_FALSE(end->clean);

  Lifecycle draining = Open();
  draining.OnFarewell(EndCode::kShutdown, "bye");
  draining.TakeFarewell(kConfirmBy);
  EXPECT_FALSE(draining.CloseLink(/*abrupt=*/true, kDeadline));
  EXPECT_EQ(draining.NextTimer(), kConfirmBy);
}

TEST(Lifecycle, AnEndOfTheLinkWaitsForWhatItOvertook) {
  Lifecycle life = Open();
  EXPECT_FALSE(life.CloseLink(/*abrupt=*/false, kDeadline));
  EXPECT_TRUE(life.IsLive());
  EXPECT_FALSE(life.TakesSessions());
  EXPECT_FALSE(life.Speaks());
  EXPECT_TRUE(life.Listens());
  EXPECT_FALSE(life.CloseLink(/*abrupt=*/false, kConfirmBy));  // the first deadline stands
  const auto end = life.EndAt(kDeadline);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, EndCode::kTruncated);
}

TEST(Lifecycle, OurFarewellCannotReachAPeerWithoutALink) {
  Lifecycle life = Open();
  EXPECT_TRUE(life.BeginClose(EndCode::kShutdown, "bye", true, kDeadline));
  const auto end = life.CloseLink(/*abrupt=*/false, kConfirmBy);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, EndCode::kShutdown);
  EXPECT_FALSE(end->clean);
}

TEST(Lifecycle, AfterItsEndNothingHappens) {
  Lifecycle life = Open();
  EXPECT_TRUE(life.Finish());
  EXPECT_FALSE(life.BeginClose(EndCode::kShutdown, "bye", true, kDeadline));
  EXPECT_FALSE(life.CloseLink(true, kDeadline));
  EXPECT_FALSE(life.Speaks());
  EXPECT_FALSE(life.Listens());
}

}  // namespace
}  // namespace funnel::wire
