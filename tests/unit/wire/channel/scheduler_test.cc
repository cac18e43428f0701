#include "common/wire/channel/scheduler.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/channel/parts.h"

namespace funnel::wire::testing {
namespace {

using Turn = Session::Turn;

// A session with so many waiting bytes of a stream, which the send buffer has scheduled.
Session& Waiting(Parts& parts, std::size_t count) {
  Session& session = parts.Open();
  EXPECT_EQ(parts.send.AddBytes(session.id, Bytes(count, 1)), count);
  return session;
}

TEST(Scheduler, LessThanAPacketIsSmallMoreIsBulk) {
  Parts parts;
  EXPECT_EQ(parts.scheduler.Next(), Turn::kNone);
  EXPECT_EQ(Waiting(parts, 100).turn, Turn::kSmall);
  EXPECT_EQ(Waiting(parts, 10'000).turn, Turn::kBulk);
  EXPECT_EQ(parts.Open().turn, Turn::kNone);
  EXPECT_TRUE(parts.scheduler.HasAny());
}

TEST(Scheduler, ARoundServesAllSmallOnesThenOneBulk) {
  Parts parts;
  Session& bulk = Waiting(parts, 10'000);
  Session& first = Waiting(parts, 100);
  Session& second = Waiting(parts, 100);
  parts.scheduler.BeginRound();
  for (Session* expected : {&first, &second}) {
    EXPECT_EQ(parts.scheduler.Next(), Turn::kSmall);
    ASSERT_EQ(parts.scheduler.NextSmall(), expected);
    parts.scheduler.SmallYields(*expected);
  }
  EXPECT_EQ(parts.scheduler.NextSmall(), nullptr);
  EXPECT_EQ(parts.scheduler.Next(), Turn::kBulk);
  EXPECT_EQ(parts.scheduler.NextBulk(), &bulk);

  parts.scheduler.BeginRound();
  EXPECT_EQ(parts.scheduler.Next(), Turn::kSmall);
  parts.scheduler.BreakRound();
  EXPECT_EQ(parts.scheduler.Next(), Turn::kBulk);
}

TEST(Scheduler, SmallOnesAloneBeginTheirRoundThemselves) {
  Parts parts;
  Session& session = Waiting(parts, 100);
  EXPECT_EQ(parts.scheduler.NextSmall(), nullptr);
  EXPECT_EQ(parts.scheduler.Next(), Turn::kSmall);
  EXPECT_EQ(parts.scheduler.NextSmall(), &session);
}

TEST(Scheduler, ASessionThatIsNotSmallAnyMoreCountsAsServed) {
  Parts parts;
  Session& grown = Waiting(parts, 100);
  Session& small = Waiting(parts, 100);
  parts.scheduler.BeginRound();
  // A larger CONFIRM or key leaves less room in a packet; here it is the session itself that grew.
  ChunkPool pool;
  grown.queue.Append(Bytes(10'000, 1), 16'000, pool);
  EXPECT_EQ(parts.scheduler.NextSmall(), &small);
  EXPECT_EQ(grown.turn, Turn::kBulk);
  grown.queue.Clear(pool);
}

TEST(Scheduler, ABulkSessionGoesToTheEndOfTheLine) {
  Parts parts;
  Session& first = Waiting(parts, 10'000);
  Session& second = Waiting(parts, 10'000);
  ASSERT_EQ(parts.scheduler.NextBulk(), &first);
  parts.scheduler.Remove(first);
  parts.scheduler.Update(first);
  EXPECT_EQ(parts.scheduler.NextBulk(), &second);
}

TEST(Scheduler, WithoutCreditNoTurn) {
  Parts parts;
  Session& session = Waiting(parts, 10'000);
  parts.ledger.Spend(session, kInitialSessionCredit - 1000);
  EXPECT_EQ(parts.scheduler.NextBulk(), nullptr);
  EXPECT_EQ(session.turn, Turn::kNone);
  EXPECT_FALSE(parts.scheduler.HasAny());
}

TEST(Scheduler, AStreamGoesInPiecesAMessageWhole) {
  Parts parts;
  Session& stream = Waiting(parts, 10'000);
  Session& messages = parts.Open();
  ASSERT_TRUE(
      parts.send.AddMessage(messages.id, Bytes(5000, 1), {.order = Order::kFree, .after = 0}));
  for (Session* session : {&stream, &messages})
    parts.ledger.Spend(*session, kInitialSessionCredit - 3000);
  const std::size_t left = 3000 - 2 * kMessageCost;
  EXPECT_EQ(parts.scheduler.Pending(stream), left);
  EXPECT_EQ(Scheduler::LeastOf(stream, left), 1024u);
  EXPECT_EQ(parts.scheduler.Pending(messages), 5000u);
  EXPECT_EQ(Scheduler::LeastOf(messages, 5000), 5000u);
  parts.scheduler.Update(stream);
  parts.scheduler.Update(messages);
  EXPECT_EQ(stream.turn, Turn::kBulk);
  EXPECT_EQ(messages.turn, Turn::kNone);
}

TEST(Scheduler, WhoSendsNothingMoreHasNoTurn) {
  Parts parts;
  Session& reset = Waiting(parts, 100);
  reset.SetPhase(Session::Phase::kReset);
  Session& answered = Waiting(parts, 100);
  answered.peer_reset = {EndCode::kBroken, 0};
  for (Session* session : {&reset, &answered}) {
    parts.scheduler.Update(*session);
    EXPECT_EQ(session->turn, Turn::kNone);
  }
}

}  // namespace
}  // namespace funnel::wire::testing
