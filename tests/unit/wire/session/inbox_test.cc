#include "common/wire/session/inbox.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace funnel::wire {
namespace {

// Delivers like a channel whose output accepts everything.
class Reader {
 public:
  // False: it is a violation.
  bool Arrive(std::uint64_t number, Order order, std::uint64_t distance = 0, bool more = false,
              bool fin = false) {
    const std::string text = std::to_string(number);
    const MessageRecord record{.order = order,
                               .more = more,
                               .fin = fin,
                               .number = number,
                               .distance = distance,
                               .bytes = AsBytes(text)};
    switch (inbox.Admit(record)) {
      case Inbox::Verdict::kViolation:
        return false;
      case Inbox::Verdict::kWait:
        inbox.Hold(record, 0);
        break;
      case Inbox::Verdict::kDeliver:
        delivered.push_back(number);
        credit += inbox.Done(record);
        break;
    }
    while (auto* next = inbox.Next()) {
      for (std::uint64_t i = 0; i < next->count; ++i) delivered.push_back(next->number + i);
      credit += inbox.NextDone();
    }
    return true;
  }

  Inbox inbox;
  std::vector<std::uint64_t> delivered;
  std::uint64_t credit = 0;
};

using Numbers = std::vector<std::uint64_t>;

TEST(Inbox, FreeMessagesWaitForNothing) {
  Reader reader;
  for (std::uint64_t n : {3, 1, 0, 2}) EXPECT_TRUE(reader.Arrive(n, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{3, 1, 0, 2}));
  EXPECT_TRUE(reader.inbox.idle());
}

// A trickle towards a reader that is stuck is stored in few pieces, and none of it is lost.
TEST(Inbox, ConsecutiveOrderedMessagesAreKeptTogether) {
  Reader reader;
  for (std::uint64_t n = 1; n <= 3000; ++n) EXPECT_TRUE(reader.Arrive(n, Order::kOrdered));
  EXPECT_TRUE(reader.Arrive(3002, Order::kFollows, 1500));
  EXPECT_FALSE(reader.Arrive(1234, Order::kOrdered));  // a number twice
  EXPECT_LE(reader.inbox.held_pieces(), 5u);
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_TRUE(reader.Arrive(3001, Order::kOrdered));
  EXPECT_EQ(reader.delivered.size(), 3003u);
  EXPECT_TRUE(reader.inbox.idle());
  std::size_t bytes = 0;
  for (std::uint64_t n = 0; n <= 3002; ++n) bytes += std::to_string(n).size();
  EXPECT_EQ(reader.credit, bytes + 3003 * kMessageCost);
}

TEST(Inbox, OrderedMessagesAreAChain) {
  Reader reader;
  for (std::uint64_t n : {3, 1, 2}) EXPECT_TRUE(reader.Arrive(n, Order::kOrdered));
  EXPECT_TRUE(reader.delivered.empty());
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{0, 1, 2, 3}));
}

TEST(Inbox, AFollowerWaitsForTheNamedOneOnly) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(5, Order::kFollows, 3));
  EXPECT_TRUE(reader.Arrive(4, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{4}));
  EXPECT_TRUE(reader.Arrive(2, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{4, 2, 5}));
}

TEST(Inbox, ABarrierWaitsForAllBelowAndHoldsUpNobody) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(2, Order::kAfterAll));
  EXPECT_TRUE(reader.Arrive(3, Order::kFree));
  EXPECT_TRUE(reader.Arrive(1, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{3, 1}));
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{3, 1, 0, 2}));
}

TEST(Inbox, FollowersOfABarrierComeAfterIt) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(3, Order::kFollows, 1));
  EXPECT_TRUE(reader.Arrive(2, Order::kAfterAll));
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_TRUE(reader.Arrive(1, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{0, 1, 2, 3}));
}

TEST(Inbox, AUnitIsNotInterrupted) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(0, Order::kFree, 0, /*more=*/true));
  EXPECT_TRUE(reader.Arrive(3, Order::kFree));
  EXPECT_TRUE(reader.Arrive(2, Order::kOrdered));
  EXPECT_EQ(reader.delivered, (Numbers{0}));
  EXPECT_TRUE(reader.Arrive(1, Order::kOrdered, 0, /*more=*/true));
  EXPECT_EQ(reader.delivered, (Numbers{0, 1, 2, 3}));
}

TEST(Inbox, AUnitThatIsNotWholeBeginsOnlyWhenNothingIsOutstandingBelowIt) {
  // Otherwise the unit's end could lack the credit that only message 0 returns.
  Reader reader;
  EXPECT_TRUE(reader.Arrive(1, Order::kFree, 0, /*more=*/true));
  EXPECT_TRUE(reader.Arrive(2, Order::kOrdered, 0, /*more=*/true));
  EXPECT_TRUE(reader.delivered.empty());
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{0, 1, 2}));
  EXPECT_TRUE(reader.Arrive(3, Order::kOrdered));
  EXPECT_EQ(reader.delivered, (Numbers{0, 1, 2, 3}));
}

// It needs no more credit: nothing that it delays can keep its end from coming.
TEST(Inbox, AUnitThatHasComeWhollyGoesByItsOwnOrder) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(1, Order::kFree, 0, /*more=*/true));
  EXPECT_TRUE(reader.Arrive(2, Order::kOrdered, 0, /*more=*/true));
  EXPECT_EQ(reader.delivered, (Numbers{}));
  EXPECT_TRUE(reader.Arrive(3, Order::kOrdered));
  EXPECT_EQ(reader.delivered, (Numbers{1, 2, 3}));
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{1, 2, 3, 0}));
  EXPECT_TRUE(reader.inbox.idle());
}

TEST(Inbox, AUnitThatHasComeWhollyFollowsWhatItNames) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(3, Order::kOrdered));
  EXPECT_TRUE(reader.Arrive(2, Order::kFollows, 1, /*more=*/true));
  EXPECT_TRUE(reader.Arrive(5, Order::kOrdered));
  EXPECT_TRUE(reader.Arrive(4, Order::kAfterAll, 0, /*more=*/true));
  EXPECT_EQ(reader.delivered, (Numbers{}));
  EXPECT_TRUE(reader.Arrive(1, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{1, 2, 3}));
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{1, 2, 3, 0, 4, 5}));
}

TEST(Inbox, AUnitThatFollowsAUnitComesBehindAllOfIt) {
  Reader reader;
  // 1 and 2 are a unit; 3 and 4 follow it.
  EXPECT_TRUE(reader.Arrive(4, Order::kOrdered));
  EXPECT_TRUE(reader.Arrive(3, Order::kFollows, 1, /*more=*/true));
  EXPECT_TRUE(reader.Arrive(2, Order::kOrdered));
  EXPECT_EQ(reader.delivered, (Numbers{}));
  EXPECT_TRUE(reader.Arrive(1, Order::kFree, 0, /*more=*/true));
  EXPECT_EQ(reader.delivered, (Numbers{1, 2, 3, 4}));
}

// Whatever comes when: the pieces of a unit are consecutive, and everything that it names comes
// before.
TEST(Inbox, UnitsAreWholeInWhateverOrderTheirPiecesCome) {
  struct Piece {
    Order order;
    std::uint64_t distance;
    bool more;
  };
  const std::vector<Piece> pieces = {
      {Order::kFree, 0, true},     {Order::kOrdered, 0, false}, {Order::kFollows, 1, true},
      {Order::kOrdered, 0, true},  {Order::kOrdered, 0, false}, {Order::kFree, 0, false},
      {Order::kAfterAll, 0, true}, {Order::kOrdered, 0, false}, {Order::kOrdered, 0, false}};

  Numbers arrivals(pieces.size());
  for (std::uint64_t i = 0; i < arrivals.size(); ++i) arrivals[i] = i;
  for (int turn = 0; turn < 50'000 && std::next_permutation(arrivals.begin(), arrivals.end());
       ++turn) {
    Reader reader;
    for (const std::uint64_t n : arrivals)
      ASSERT_TRUE(reader.Arrive(n, pieces[n].order, pieces[n].distance, pieces[n].more));
    ASSERT_EQ(reader.delivered.size(), pieces.size());

    const auto at = [&](std::uint64_t n) {
      return std::find(reader.delivered.begin(), reader.delivered.end(), n) -
             reader.delivered.begin();
    };
    for (std::uint64_t n = 0; n < pieces.size(); ++n) {
      if (pieces[n].more) {
        ASSERT_EQ(at(n + 1), at(n) + 1);
      }
    }

    ASSERT_GT(at(2), at(1));
    ASSERT_EQ(at(6), 6);
    ASSERT_EQ(at(8), 8);
    ASSERT_TRUE(reader.inbox.idle());
  }
}

TEST(Inbox, FinComesAfterEverything) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(2, Order::kAfterAll, 0, false, /*fin=*/true));
  EXPECT_TRUE(reader.Arrive(1, Order::kFree));
  EXPECT_FALSE(reader.inbox.finished());
  EXPECT_FALSE(reader.inbox.complete());
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_TRUE(reader.inbox.complete());
  EXPECT_TRUE(reader.inbox.finished());
  EXPECT_EQ(reader.delivered, (Numbers{1, 0, 2}));
}

TEST(Inbox, BrokenRulesAreViolations) {
  EXPECT_FALSE(Reader().Arrive(0, Order::kOrdered));
  EXPECT_FALSE(Reader().Arrive(3, Order::kFollows, 0));
  EXPECT_FALSE(Reader().Arrive(3, Order::kFollows, 4));
  EXPECT_FALSE(Reader().Arrive(0, Order::kFree, 0, false, /*fin=*/true));
  EXPECT_FALSE(Reader().Arrive(0, Order::kAfterAll, 0, /*more=*/true, /*fin=*/true));
}

TEST(Inbox, ANumberComesOnce) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_TRUE(reader.Arrive(2, Order::kFree));
  EXPECT_TRUE(reader.Arrive(4, Order::kOrdered));
  for (std::uint64_t n : {0, 2, 4}) EXPECT_FALSE(reader.Arrive(n, Order::kFree)) << n;
}

TEST(Inbox, NothingPassesFin) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(2, Order::kAfterAll, 0, false, true));
  EXPECT_FALSE(reader.Arrive(3, Order::kFree));
  EXPECT_FALSE(reader.Arrive(1, Order::kAfterAll, 0, false, true));
  Reader late;
  EXPECT_TRUE(late.Arrive(5, Order::kFree));
  EXPECT_FALSE(late.Arrive(4, Order::kAfterAll, 0, false, true));
}

TEST(Inbox, UnitsContinueInOrderOrNotAtAll) {
  Reader first;
  EXPECT_TRUE(first.Arrive(0, Order::kFree, 0, /*more=*/true));
  EXPECT_FALSE(first.Arrive(1, Order::kFree));
  Reader held;
  EXPECT_TRUE(held.Arrive(1, Order::kOrdered, 0, /*more=*/true));
  EXPECT_FALSE(held.Arrive(2, Order::kFollows, 1));
  Reader overtaken;
  EXPECT_TRUE(overtaken.Arrive(1, Order::kFree));
  EXPECT_FALSE(overtaken.Arrive(0, Order::kFree, 0, /*more=*/true));
}

TEST(Inbox, CreditCountsBelowTheFirstUndeliveredOnly) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(1, Order::kFree));
  EXPECT_TRUE(reader.Arrive(2, Order::kFree));
  EXPECT_EQ(reader.credit, 0u);
  EXPECT_TRUE(reader.Arrive(0, Order::kFree));
  EXPECT_EQ(reader.credit, 3 * (1 + kMessageCost));
}

TEST(Inbox, AMessageTakenInPartIsTheNext) {
  Inbox inbox;
  const MessageRecord five{.order = Order::kFree, .number = 5, .bytes = AsBytes("hello")};
  ASSERT_EQ(inbox.Admit(five), Inbox::Verdict::kDeliver);
  inbox.Hold(five, 2);
  const MessageRecord three{.order = Order::kFree, .number = 3, .bytes = AsBytes("x")};
  ASSERT_EQ(inbox.Admit(three), Inbox::Verdict::kWait);
  inbox.Hold(three, 0);
  ASSERT_EQ(inbox.Next()->number, 5u);
  EXPECT_EQ(AsText(inbox.Next()->rest()), "llo");
  EXPECT_EQ(inbox.NextDone(), 0u);
  EXPECT_EQ(inbox.Next()->number, 3u);
}

TEST(Inbox, HugeNumbersCostNothing) {
  Reader reader;
  EXPECT_TRUE(reader.Arrive(kMaxVarint, Order::kOrdered));
  EXPECT_TRUE(reader.Arrive(kMaxVarint - 5, Order::kFree));
  EXPECT_EQ(reader.delivered, (Numbers{kMaxVarint - 5}));
}

}  // namespace
}  // namespace funnel::wire
