// The application resets a connection: what it had sent before is delivered, and then the reset.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using std::chrono::seconds;

TEST(Finish, WhatWasSentBeforeTheResetIsDelivered) {
  Ends ends;
  auto id = *ends.a.channel->OpenSession({});
  ends.Run();
  const std::string text = Pattern(60'000);
  ASSERT_EQ(ends.b.channel->SendBytes(id, AsBytes(text)), text.size());
  ends.b.channel->FinishAndReset(id);
  ends.Run();
  EXPECT_TRUE(ends.a.seen.sessions[id].bytes == text);
  EXPECT_TRUE(ends.a.seen.sessions[id].reset);
  EXPECT_EQ(ends.a.seen.sessions[id].code, EndCode::kBroken);
  EXPECT_FALSE(ends.a.seen.sessions[id].fin);
  EXPECT_FALSE(ends.b.seen.sessions[id].reset);
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
  EXPECT_EQ(ends.b.channel->session_count(), 0u);
}

TEST(Finish, AResetThatOvertakesWaits) {
  Ends ends;
  auto id = *ends.a.channel->OpenSession({});
  ends.Run();
  const std::string text = Pattern(60'000);
  (void)ends.b.channel->SendBytes(id, AsBytes(text));
  ends.b.channel->FinishAndReset(id);
  ends.Flush(ends.b);
  ASSERT_GT(ends.b.out.frames.size(), 2u);
  while (!ends.b.out.frames.empty()) {
    EXPECT_FALSE(ends.a.seen.sessions[id].reset);
    ends.Give(ends.a, ends.b.out.Take(ends.b.out.frames.size() - 1));
  }
  EXPECT_TRUE(ends.a.seen.sessions[id].bytes == text);
  EXPECT_TRUE(ends.a.seen.sessions[id].reset);
  ends.Run();
  EXPECT_EQ(ends.a.channel->session_count() + ends.b.channel->session_count(), 0u);
}

TEST(Finish, EvenTheOpeningMayComeLast) {
  Ends ends;
  ends.Run();
  auto id = *ends.a.channel->OpenSession({});
  ends.Flush(ends.a);
  (void)ends.a.channel->SendBytes(id, AsBytes("a short life"));
  ends.a.channel->FinishAndReset(id);
  ends.Flush(ends.a);
  while (!ends.a.out.frames.empty())
    ends.Give(ends.b, ends.a.out.Take(ends.a.out.frames.size() - 1));
  EXPECT_TRUE(ends.b.seen.sessions[id].opened);
  EXPECT_EQ(ends.b.seen.sessions[id].bytes, "a short life");
  EXPECT_TRUE(ends.b.seen.sessions[id].reset);
}

TEST(Finish, WhatThePeerStillSendsIsDropped) {
  Ends ends;
  auto id = *ends.a.channel->OpenSession({});
  ends.Run();

  const std::string text = Pattern(60'000);
  ends.a.seen.appetite[id] = 0;
  (void)ends.b.channel->SendBytes(id, AsBytes(text));
  ends.b.channel->FinishAndReset(id);
  (void)ends.a.channel->SendBytes(id, AsBytes(text));
  ends.a.channel->SendFin(id);
  ends.Run();

  EXPECT_TRUE(ends.b.seen.sessions[id].bytes.empty());
  EXPECT_EQ(ends.a.channel->SendBytes(id, AsBytes("more")), 0u);
  EXPECT_EQ(ends.a.channel->queued_bytes(), 0u);

  ends.a.seen.appetite.clear();
  ends.a.channel->Resume(id);
  ends.Run();
  EXPECT_TRUE(ends.a.seen.sessions[id].bytes == text);
  EXPECT_TRUE(ends.a.seen.sessions[id].reset);
  EXPECT_EQ(ends.a.channel->session_count() + ends.b.channel->session_count(), 0u);
  // The channel's credit has come back in both directions.
  auto next = *ends.a.channel->OpenSession({});
  const std::string much = Pattern(3'000'000);
  EXPECT_EQ(SendAll(ends, ends.a, next, much), much.size());
  EXPECT_EQ(SendAll(ends, ends.b, next, much), much.size());
}

TEST(Finish, AReaderThatIsStuckIsNotWaitedForLong) {
  Ends ends;
  auto id = *ends.a.channel->OpenSession({});
  ends.Run();
  ends.a.seen.appetite[id] = 10;
  (void)ends.b.channel->SendBytes(id, AsBytes("more than ten bytes"));
  ends.b.channel->FinishAndReset(id);
  ends.Run();
  for (int i = 0; i < 4; ++i) ends.Pass(seconds(1));
  EXPECT_FALSE(ends.a.seen.sessions[id].reset);
  for (int i = 0; i < 4; ++i) ends.Pass(seconds(1));
  EXPECT_TRUE(ends.a.seen.sessions[id].reset);
  ends.Run();
  EXPECT_EQ(ends.a.channel->session_count() + ends.b.channel->session_count(), 0u);
  EXPECT_EQ(ends.a.channel->undelivered_bytes(), 0u);
}

TEST(Finish, TheOwnerMayGiveUpMeanwhile) {
  Ends ends;
  auto id = *ends.a.channel->OpenSession({});
  ends.Run();
  ends.a.seen.appetite[id] = 0;
  (void)ends.b.channel->SendBytes(id, AsBytes("nobody reads this"));
  ends.b.channel->FinishAndReset(id);
  ends.Flush(ends.b);
  ends.Give(ends.a, ends.b.out.Take(ends.b.out.frames.size() - 1));
  ends.a.channel->ResetSession(id, EndCode::kReset);
  ends.Run();
  EXPECT_EQ(ends.a.channel->session_count() + ends.b.channel->session_count(), 0u);
  EXPECT_EQ(ends.a.channel->stats().violations + ends.b.channel->stats().violations, 0u);
  EXPECT_FALSE(ends.a.seen.sessions[id].reset);
}

TEST(Finish, MoreThanTheFinalChargeIsAViolation) {
  Ends ends;
  const SessionId id(0);
  Rogue rogue(Role::kInitiator);
  Bytes raw;
  AppendRecord(raw, OpenSessionRecord{id, {}});
  AppendRecord(raw, ResetRecord{id, EndCode::kBroken, 40});
  ends.Give(ends.b, rogue.Next(raw));
  ends.Give(ends.b, rogue.Next(MessageBytes({.order = Order::kFree,
                                             .session = id,
                                             .number = 0,
                                             .bytes = AsBytes("more than eight bytes")})));
  EXPECT_EQ(ends.b.channel->stats().violations, 1u);
}

}  // namespace
}  // namespace funnel::wire::testing
