// Resets, the credit that they return, limits of sessions, callbacks that end things.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;

TEST(Channel, AResetReachesThePeerAndFreesBothEnds) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  (void)ends.a.channel->SendBytes(*id, AsBytes("x"));
  ends.Run();
  ends.a.channel->ResetSession(*id, EndCode::kReset);
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].reset);
  EXPECT_EQ(ends.b.seen.sessions[*id].code, EndCode::kReset);
  EXPECT_FALSE(ends.a.seen.sessions[*id].reset);
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
  EXPECT_EQ(ends.b.channel->session_count(), 0u);
}

TEST(Channel, ResetsThatCrossAreFine) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendBytes(*id, AsBytes("from a"));
  (void)ends.b.channel->SendBytes(*id, AsBytes("from b"));
  ends.a.channel->ResetSession(*id, EndCode::kReset);
  ends.b.channel->ResetSession(*id, EndCode::kTimeout);
  ends.Run();
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
  EXPECT_EQ(ends.b.channel->session_count(), 0u);
  EXPECT_EQ(ends.a.channel->stats().violations + ends.b.channel->stats().violations, 0u);
}

TEST(Channel, AResetThatOvertakesTheOpeningIsNeverAnnounced) {
  Ends ends;
  ends.Run();
  auto id = ends.a.channel->OpenSession({});
  ends.Flush(ends.a);
  ends.a.channel->ResetSession(*id, EndCode::kReset);
  ends.Flush(ends.a);
  ends.Give(ends.b, ends.a.out.Take(1));
  ends.Give(ends.b, ends.a.out.Take(0));
  EXPECT_FALSE(ends.b.seen.sessions[*id].opened);
  EXPECT_FALSE(ends.b.seen.sessions[*id].reset);
  ends.Run();
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
}

TEST(Channel, CreditOfResetSessionsComesBack) {
  // Resets from either side discard far more than a channel's credit, delivered or not.
  Ends ends;
  ends.Run();
  const std::string text = Pattern(60'000);
  for (int i = 0; i < 200; ++i) {
    auto id = ends.a.channel->OpenSession({});
    ASSERT_TRUE(id) << i;
    if (i % 3 == 0) ends.b.seen.appetite[*id] = 100;
    ASSERT_EQ(ends.a.channel->SendBytes(*id, AsBytes(text)), text.size()) << i;
    if (i % 2) {
      ends.Flush(ends.a);
      if (i % 4 == 3) ends.Give(ends.b, ends.a.out.Take());
      (i % 4 == 1 ? ends.a : ends.b).channel->ResetSession(*id, EndCode::kReset);
    } else {
      ends.Run();
      ends.b.channel->ResetSession(*id, EndCode::kReset);
    }
    ends.Run();
  }

  EXPECT_EQ(ends.a.channel->session_count(), 0u);
  EXPECT_EQ(ends.b.channel->undelivered_bytes(), 0u);

  auto last = ends.a.channel->OpenSession({});
  const std::string much = Pattern(2'000'000);
  EXPECT_EQ(SendAll(ends, ends.a, *last, much), much.size());
  EXPECT_TRUE(ends.b.seen.sessions[*last].bytes == much)
      << ends.b.seen.sessions[*last].bytes.size();
}

TEST(Channel, CreditComesBackWhenAResetMeetsAFinishedSession) {
  // b has sent everything and FIN, and so has a. Then b resets before it has delivered a's data: a
  // no longer knows the session.
  Ends ends;
  ends.Run();
  const std::string text = Pattern(60'000);
  for (int i = 0; i < 50; ++i) {
    auto id = ends.a.channel->OpenSession({});
    ASSERT_TRUE(id);
    ends.b.seen.appetite[*id] = 0;
    ASSERT_EQ(ends.a.channel->SendBytes(*id, AsBytes(text)), text.size()) << i;
    ends.a.channel->SendFin(*id);
    ends.Run();
    ends.b.channel->SendFin(*id);
    ends.Run();
    EXPECT_EQ(ends.a.channel->session_count(), 0u);
    ends.b.channel->ResetSession(*id, EndCode::kReset);
    ends.Run();
    EXPECT_EQ(ends.b.channel->session_count(), 0u);
  }
}

TEST(Channel, ManyStuckReadersDoNotStopOneThatReads) {
  Ends ends;
  ends.Run();
  const std::string text = Pattern(60'000);
  for (int i = 0; i < 10; ++i) {
    auto id = ends.a.channel->OpenSession({});
    ends.b.seen.appetite[*id] = 0;
    (void)ends.a.channel->SendBytes(*id, AsBytes(text));
    ends.Run();
  }
  auto id = ends.a.channel->OpenSession({});
  const std::string much = Pattern(1'000'000);
  EXPECT_EQ(SendAll(ends, ends.a, *id, much), much.size());
}

TEST(Channel, TheSessionLimitHoldsAndRises) {
  ChannelSettings few;
  few.max_sessions = 2000;
  Ends ends(few);
  std::vector<SessionId> ids;
  while (auto id = ends.a.channel->OpenSession({})) ids.push_back(*id);
  EXPECT_EQ(ids.size(), 1024u);  // what any peer grants before it has sent more

  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions_available, 1);
  while (auto id = ends.a.channel->OpenSession({})) ids.push_back(*id);
  EXPECT_EQ(ids.size(), 2000u);
  ends.Run();

  for (int i = 0; i < 500; ++i) ends.a.channel->EndSession(ids[static_cast<std::size_t>(i)]);
  ends.Run();
  std::size_t more = 0;
  while (ends.a.channel->OpenSession({})) ++more;
  EXPECT_EQ(more, 500u);
  ends.Run();
  EXPECT_EQ(ends.b.channel->session_count(), 2000u);
  EXPECT_EQ(ends.b.channel->stats().violations, 0u);
}

TEST(Channel, AReceiverOfFewSessionsResetsTheRest) {
  ChannelSettings few;
  few.max_sessions = 10;
  Ends ends(ChannelSettings{}, few);
  std::vector<SessionId> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(*ends.a.channel->OpenSession({}));
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions[ids[11]].code, EndCode::kLimit);
  EXPECT_TRUE(ends.a.seen.sessions[ids[11]].reset);
  EXPECT_FALSE(ends.b.seen.sessions[ids[11]].opened);
  EXPECT_EQ(ends.b.channel->session_count(), 10u);
}

TEST(Channel, ACallbackMayEndItsOwnSession) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.b.seen.on_message = [&](SessionId session) {
    ends.b.channel->ResetSession(session, EndCode::kReset);
  };
  const std::string text = Pattern(60'000);
  (void)ends.a.channel->SendBytes(*id, AsBytes(text));
  ends.Run();
  EXPECT_TRUE(ends.a.seen.sessions[*id].reset);
  EXPECT_EQ(ends.a.channel->session_count() + ends.b.channel->session_count(), 0u);
}

TEST(Channel, ACallbackMayCloseTheChannel) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.b.seen.on_message = [&](SessionId) { ends.b.channel->Close(EndCode::kShutdown, "bye"); };
  (void)ends.a.channel->SendBytes(*id, AsBytes("x"));
  ends.Run();
  EXPECT_EQ(ends.b.channel->state(), State::kEnded);
  EXPECT_EQ(ends.a.channel->state(), State::kEnded);
}

}  // namespace
}  // namespace funnel::wire::testing
