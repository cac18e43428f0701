#include "common/wire/session/session_table.h"

#include <gtest/gtest.h>

#include <set>

namespace funnel::wire {
namespace {

constexpr std::uint64_t kMost = 2000;

TEST(SessionTable, TheInitiatorCountsUpToTheLimit) {
  SessionTable table(Role::kInitiator, kMost);
  for (std::uint64_t number = 0; number < SessionTable::kInitialLimit; ++number) {
    const Session* session = table.Open();
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(session->id, SessionId(number));
    EXPECT_EQ(session->phase, Session::Phase::kOpen);
  }
  EXPECT_EQ(table.Open(), nullptr);
  EXPECT_FALSE(table.TakeAvailable());

  ASSERT_TRUE(table.OnLimit({SessionTable::kInitialLimit + 1}));
  EXPECT_TRUE(table.TakeAvailable());
  EXPECT_FALSE(table.TakeAvailable());
  EXPECT_NE(table.Open(), nullptr);
}

TEST(SessionTable, ASmallerLimitThatCameLateChangesNothing) {
  SessionTable table(Role::kInitiator, 1);
  ASSERT_TRUE(table.OnLimit({SessionTable::kInitialLimit - 1}));
  ASSERT_NE(table.Open(), nullptr);
  EXPECT_EQ(table.Open(), nullptr);  // our own limit
  ASSERT_TRUE(table.OnLimit({SessionTable::kInitialLimit}));
  EXPECT_FALSE(table.TakeAvailable());
}

TEST(SessionTable, ARemovedSessionMakesRoomAtTheInitiator) {
  SessionTable table(Role::kInitiator, 1);
  Session* session = table.Open();
  EXPECT_EQ(table.Open(), nullptr);
  table.Remove(*session);
  EXPECT_TRUE(table.TakeAvailable());
  EXPECT_EQ(table.Open()->id, SessionId(1));  // no number is used twice
}

TEST(SessionTable, AnAcceptorExpectsAllBelowTheOneThatIsNamed) {
  SessionTable table(Role::kAcceptor, kMost);
  const auto named = table.FindNamed(SessionId(3));
  ASSERT_TRUE(named && *named);
  EXPECT_EQ((*named)->id, SessionId(3));
  EXPECT_EQ((*named)->phase, Session::Phase::kExpected);
  EXPECT_EQ(table.size(), 4u);
  EXPECT_EQ(table.FindOpen(SessionId(1)), nullptr);  // its owner does not know it yet

  table.Remove(*table.Find(SessionId(1)));
  EXPECT_EQ(table.FindNamed(SessionId(1)), nullptr);
  EXPECT_EQ(table.size(), 3u);
}

TEST(SessionTable, ASessionBeyondTheLimitIsAViolation) {
  SessionTable table(Role::kAcceptor, kMost);
  EXPECT_TRUE(table.FindNamed(SessionId(SessionTable::kInitialLimit - 1)));
  EXPECT_FALSE(table.FindNamed(SessionId(SessionTable::kInitialLimit)));
}

TEST(SessionTable, TheInitiatorExpectsNone) {
  SessionTable table(Role::kInitiator, kMost);
  EXPECT_FALSE(table.FindNamed(SessionId(0)));
}

TEST(SessionTable, OnlyTheAcceptorTellsALimit) {
  SessionTable acceptor(Role::kAcceptor, kMost), initiator(Role::kInitiator, kMost);
  EXPECT_FALSE(acceptor.OnLimit({kMost}));
  acceptor.AllowTelling();
  initiator.AllowTelling();
  EXPECT_FALSE(initiator.IsLimitDue());
  ASSERT_TRUE(acceptor.IsLimitDue());
  EXPECT_EQ(acceptor.ReportLimit().limit, kMost);
  EXPECT_FALSE(acceptor.IsLimitDue());
  EXPECT_TRUE(acceptor.FindNamed(SessionId(kMost - 1)));
}

TEST(SessionTable, TheLimitFollowsThoseThatEndedInSteps) {
  SessionTable table(Role::kAcceptor, kMost);
  table.AllowTelling();
  (void)table.ReportLimit();
  ASSERT_TRUE(table.FindNamed(SessionId(100)));
  for (std::uint64_t number = 0; number < kMost / 64 - 1; ++number)
    table.Remove(*table.Find(SessionId(number)));
  EXPECT_FALSE(table.IsLimitDue());
  table.Remove(*table.Find(SessionId(kMost / 64 - 1)));
  ASSERT_TRUE(table.IsLimitDue());
  EXPECT_EQ(table.ReportLimit().limit, kMost + kMost / 64);
}

TEST(SessionTable, ARemovedSessionLivesWhileItIsHeld) {
  SessionTable table(Role::kInitiator, kMost);
  Session* session = table.Open();
  {
    SessionTable::Hold outer(table);
    {
      SessionTable::Hold inner(table);
      table.Remove(*session);
    }
    EXPECT_EQ(session->phase, Session::Phase::kGone);
    EXPECT_EQ(table.Find(session->id), nullptr);
  }
  EXPECT_TRUE(table.empty());
}

TEST(SessionTable, VisitsAll) {
  SessionTable table(Role::kInitiator, 2);
  for (int i = 0; i < 2; ++i) (void)table.Open();
  std::set<std::uint64_t> seen;
  table.ForEach([&seen](const Session& session) { seen.insert(session.id.value()); });
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1}));
  EXPECT_FALSE(table.IsOverfull());
}

}  // namespace
}  // namespace funnel::wire
