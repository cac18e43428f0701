#include "common/wire/channel/credit_ledger.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/channel/parts.h"

namespace funnel::wire::testing {
namespace {

constexpr std::uint64_t kLargeCost = 32 << 10;

struct Books {
  Books() { EXPECT_TRUE(sessions.OnLimit({10'000})); }

  Session& Open() { return *sessions.Open(); }
  // What a prompt reader does with COST.
  void ReceiveAndConsume(Session& session, std::uint64_t cost) {
    ASSERT_TRUE(ledger.Receive(session, cost));
    ledger.Consume(session, cost);
  }
  // The session holds COST that its reader does not take.
  void ReceiveAndHold(Session& session, std::uint64_t cost) {
    ASSERT_TRUE(ledger.Receive(session, cost));
    ledger.Note(session);
  }
  void Forget(Session& session) {
    sessions.Remove(session);
    ledger.Forget(session);
  }

  DeafObserver observer;
  ChannelContext context = MakeContext(Role::kInitiator, observer);
  SessionTable sessions{Role::kInitiator, 10'000};
  SessionTable::Hold hold{sessions};
  Keepalive keepalive{std::chrono::seconds(30), std::chrono::seconds(60), kPartsStart};
  CreditLedger ledger{context, sessions, keepalive};
};

TEST(CreditLedger, NothingBeyondTheSessionsCreditIsReceived) {
  Books books;
  Session& session = books.Open();
  EXPECT_TRUE(books.ledger.Receive(session, kInitialSessionCredit));
  EXPECT_FALSE(books.ledger.Receive(session, 1));
}

TEST(CreditLedger, NothingBeyondTheChannelsCreditIsReceived) {
  Books books;
  for (std::uint64_t left = kInitialChannelCredit; left > 0; left -= kInitialSessionCredit)
    ASSERT_TRUE(books.ledger.Receive(books.Open(), kInitialSessionCredit));
  EXPECT_FALSE(books.ledger.Receive(books.Open(), 1));
}

TEST(CreditLedger, AReaderGetsItsCreditBackAndOthersNothing) {
  Books books;
  Session& reader = books.Open();
  Session& idle = books.Open();
  EXPECT_FALSE(books.ledger.HasDue());
  books.ReceiveAndConsume(reader, kLargeCost);
  ASSERT_TRUE(books.ledger.HasDue());
  books.context.now += std::chrono::seconds(1);  // it is no fast reader, whose window would grow
  books.ledger.WriteDue();
  EXPECT_FALSE(books.ledger.HasDue());

  const auto credits = TakeRecords<CreditRecord>(books.context.control);
  ASSERT_EQ(credits.size(), 1u);
  EXPECT_EQ(credits[0].session, reader.id);
  EXPECT_EQ(credits[0].limit, kInitialSessionCredit + kLargeCost);
  EXPECT_EQ(idle.receive_credit.limit(), kInitialSessionCredit);
}

TEST(CreditLedger, AQuickReadersWindowGrowsWhileThereIsGrowthLeft) {
  Books books;
  Session& session = books.Open();
  for (int i = 0; i < 40; ++i) {
    books.ReceiveAndConsume(session, kLargeCost);
    books.context.now += std::chrono::milliseconds(1);
    books.ledger.WriteDue();
  }
  const std::uint64_t grown = session.receive_credit.window();
  EXPECT_GT(grown, kInitialSessionCredit);
  EXPECT_LE(grown, books.context.settings.session_window_max);
  books.ledger.TakeBackGrowth(session);
  EXPECT_EQ(session.receive_credit.window(), kInitialSessionCredit);
}

TEST(CreditLedger, WhatIsHeldMakesRoomShortAndIsTold) {
  Books books;
  for (int i = 0; TakeRecords<ShareRecord>(books.context.control).empty(); ++i) {
    ASSERT_LT(i, 1000);
    books.ReceiveAndHold(books.Open(), kInitialSessionCredit);
    books.ledger.WriteDue();
  }
  std::uint64_t held = 0;
  books.sessions.ForEach([&held](Session& session) { held += session.held; });
  EXPECT_GE(held, books.context.settings.channel_window_max / 2);
}

TEST(CreditLedger, ASessionThatEndsHoldsNothing) {
  Books books;
  Session& session = books.Open();
  books.ReceiveAndHold(session, kLargeCost);
  EXPECT_EQ(session.held, kLargeCost);
  books.ledger.ConsumeAll(session);
  books.Forget(session);
  EXPECT_EQ(session.held, 0u);
  EXPECT_EQ(session.receive_credit.consumed(), kLargeCost);
}

TEST(CreditLedger, AFinalChargeIsPaidByTheChannelToo) {
  Books books;
  Session& session = books.Open();
  books.ReceiveAndHold(session, 100);
  ASSERT_TRUE(books.ledger.Settle(session, kLargeCost));
  EXPECT_EQ(session.receive_credit.consumed(), kLargeCost);
  EXPECT_FALSE(books.ledger.Settle(session, 99));                         // less than came
  EXPECT_FALSE(books.ledger.Settle(session, kInitialSessionCredit + 1));  // never granted
}

TEST(CreditLedger, NothingComesAfterAFinalCharge) {
  Books books;
  Session& session = books.Open();
  session.peer_reset = {EndCode::kBroken, 100};
  EXPECT_TRUE(books.ledger.Receive(session, 100));
  EXPECT_FALSE(books.ledger.Receive(session, 1));
}

TEST(CreditLedger, TheSenderStopsAtTheChannelsCreditUntilMoreComes) {
  Books books;
  Session& session = books.Open();
  ASSERT_TRUE(books.ledger.OnCredit(session, {session.id, kInitialChannelCredit * 2}));
  EXPECT_FALSE(books.ledger.OnCredit(session, {session.id, kInitialChannelCredit}));
  const std::size_t most = kInitialChannelCredit - kMessageCost;
  EXPECT_TRUE(books.ledger.Allows(most));
  books.ledger.Spend(session, most);
  EXPECT_EQ(books.ledger.available(), 0u);
  EXPECT_FALSE(books.ledger.Allows(1));
  EXPECT_TRUE(books.ledger.is_waiting());

  books.ledger.OnChannelCredit({kInitialChannelCredit});
  EXPECT_TRUE(books.ledger.is_waiting());
  books.ledger.OnChannelCredit({kInitialChannelCredit + 1000});
  EXPECT_FALSE(books.ledger.is_waiting());
}

TEST(CreditLedger, ASharingPeerGetsLessFromWhoHasNotBeenReadLately) {
  Books books;
  Session& session = books.Open();
  EXPECT_EQ(books.ledger.Usable(session), kInitialSessionCredit);
  books.ledger.OnShare({.serial = 1, .fresh = 5000, .reading = 20'000});
  EXPECT_TRUE(books.ledger.TakeShareReceived());
  EXPECT_FALSE(books.ledger.TakeShareReceived());
  books.ledger.OnShare({.serial = 1, .fresh = 1, .reading = 1});  // older
  EXPECT_FALSE(books.ledger.TakeShareReceived());
  EXPECT_EQ(books.ledger.Usable(session), 5000u);

  ASSERT_TRUE(books.ledger.OnCredit(session, {session.id, kInitialSessionCredit + 1}));
  EXPECT_EQ(books.ledger.Usable(session), 20'000u);
  books.context.now += std::chrono::seconds(3);
  EXPECT_EQ(books.ledger.Usable(session), 5000u);
  books.ledger.Spend(session, 4000);
  EXPECT_EQ(books.ledger.Usable(session), 5000u - 4000u - kMessageCost);
}

}  // namespace
}  // namespace funnel::wire::testing
