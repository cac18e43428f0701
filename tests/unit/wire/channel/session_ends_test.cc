#include "common/wire/channel/session_ends.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/channel/parts.h"

namespace funnel::wire::testing {
namespace {

constexpr std::uint64_t kCost = 100 + kMessageCost;
const Bytes kHundredSevens(100, 7);

// SESSION holds one message that its reader does not take.
void HoldOne(Parts& parts, Session& session) {
  parts.observer.appetite = 0;
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 0, kHundredSevens)));
  ASSERT_EQ(parts.receive.message_bytes(), 100u);
}

TEST(SessionEnds, APeersResetIsAnsweredAndTold) {
  Parts parts;
  Session& session = parts.Open();
  ASSERT_EQ(parts.send.AddBytes(session.id, kHundredSevens), 100u);
  ASSERT_TRUE(parts.ends.OnReset(session, {session.id, EndCode::kReset, kCost}));
  EXPECT_TRUE(parts.sessions.empty());
  EXPECT_EQ(parts.send.size(), 0u);
  EXPECT_EQ(session.receive_credit.consumed(), kCost);
  EXPECT_EQ(parts.observer.resets, (std::vector{std::pair(session.id, EndCode::kReset)}));
  EXPECT_EQ(TakeRecords<ResetRecord>(parts.context.control).size(), 1u);
}

TEST(SessionEnds, AnImpossibleFinalChargeIsAViolation) {
  for (const std::uint64_t charge : {kCost - 1, kInitialSessionCredit + 1}) {
    Parts parts;
    Session& session = parts.Open();
    HoldOne(parts, session);
    EXPECT_FALSE(parts.ends.OnReset(session, {session.id, EndCode::kReset, charge}));
    EXPECT_TRUE(parts.observer.resets.empty());
  }
}

TEST(SessionEnds, ABrokenSessionEndsOnceWhatCameBeforeIsDelivered) {
  Parts parts;
  Session& session = parts.Open();
  HoldOne(parts, session);
  ASSERT_TRUE(parts.ends.OnReset(session, {session.id, EndCode::kBroken, kCost}));
  EXPECT_EQ(TakeRecords<ResetRecord>(parts.context.control).size(), 1u);
  EXPECT_TRUE(parts.observer.resets.empty());
  EXPECT_TRUE(parts.stuck.NextTimer());

  parts.observer.appetite = 1000;
  parts.delivery.Resume(session);
  EXPECT_EQ(parts.observer.received.size(), 100u);
  EXPECT_EQ(parts.observer.resets, (std::vector{std::pair(session.id, EndCode::kBroken)}));
  EXPECT_TRUE(parts.sessions.empty());
}

TEST(SessionEnds, OursIsNotToldAndWhatStillComesOnlyCounts) {
  Parts parts;
  Session& session = parts.Open();
  HoldOne(parts, session);
  ASSERT_TRUE(parts.ends.Reset(session, EndCode::kReset));
  EXPECT_EQ(session.phase, Session::Phase::kReset);
  EXPECT_EQ(parts.receive.message_bytes(), 0u);
  EXPECT_EQ(session.receive_credit.consumed(), kCost);

  parts.observer.appetite = 1000;
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 1, kHundredSevens)));
  EXPECT_TRUE(parts.observer.received.empty());
  EXPECT_EQ(session.receive_credit.consumed(), 2 * kCost);
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 2, {}, /*fin=*/true)));
  EXPECT_TRUE(parts.sessions.empty());
  EXPECT_TRUE(parts.observer.resets.empty());
}

TEST(SessionEnds, WhatWaitsGoesBeforeAReset) {
  Parts parts;
  Session& session = parts.Open();
  ASSERT_EQ(parts.send.AddBytes(session.id, kHundredSevens), 100u);
  ASSERT_TRUE(parts.ends.FinishAndReset(session));
  EXPECT_EQ(session.phase, Session::Phase::kFinishing);
  EXPECT_TRUE(TakeRecords<ResetRecord>(parts.context.control).empty());

  parts.send.Sent(session, 100);
  parts.ends.AfterSending(session, /*fin=*/false);
  EXPECT_EQ(session.phase, Session::Phase::kReset);
  const auto resets = TakeRecords<ResetRecord>(parts.context.control);
  ASSERT_EQ(resets.size(), 1u);
  EXPECT_EQ(resets[0].code, EndCode::kBroken);
}

// A side that sent its FIN while the peer's RESET waited has got and sent everything when the RESET
// comes.
TEST(SessionEnds, ABrokenSessionWithBothFinsIsOverWithoutAReset) {
  Parts parts;
  Session& session = parts.Open();
  HoldOne(parts, session);
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 1, {}, /*fin=*/true)));
  const std::uint64_t all = session.receive_credit.received();
  ASSERT_TRUE(parts.ends.OnReset(session, {session.id, EndCode::kBroken, all}));
  parts.send.AddFin(session.id);

  parts.observer.appetite = 1000;
  parts.delivery.Resume(session);
  EXPECT_EQ(parts.observer.fins, std::vector{session.id});
  EXPECT_TRUE(parts.observer.resets.empty());
  EXPECT_TRUE(parts.sessions.empty());
}

// The peer does not know of our end yet, and may have to send the rest of its data first.
TEST(SessionEnds, WhoFinishesStillGivesCredit) {
  for (const bool finishing : {true, false}) {
    Parts parts;
    Session& session = parts.Open();
    ASSERT_EQ(parts.send.AddBytes(session.id, kHundredSevens), 100u);
    if (finishing)
      ASSERT_TRUE(parts.ends.FinishAndReset(session));
    else
      ASSERT_TRUE(parts.ends.Reset(session, EndCode::kReset));
    const Bytes large(16'000, 7);
    for (std::uint64_t i = 0; i < 4; ++i)
      ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, i, large)));
    parts.ledger.WriteDue();
    EXPECT_EQ(TakeRecords<CreditRecord>(parts.context.control).empty(), !finishing);
  }
}

TEST(SessionEnds, BothFinsEndASessionWithoutAWord) {
  Parts parts;
  Session& session = parts.Open();
  session.fin_queued = session.fin_sent = true;
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 0, {}, /*fin=*/true)));
  EXPECT_EQ(parts.observer.fins, std::vector{session.id});
  EXPECT_TRUE(parts.sessions.empty());
  EXPECT_TRUE(parts.observer.resets.empty());
}

TEST(SessionEnds, OnlyAFlowOfDatagramsEndsWithoutAReset) {
  Parts parts;
  Session& flow = parts.Open();
  ASSERT_TRUE(parts.ends.EndFlow(flow));
  EXPECT_EQ(TakeRecords<EndSessionRecord>(parts.context.control).size(), 1u);
  Session& stream = parts.Open();
  ASSERT_EQ(parts.send.AddBytes(stream.id, kHundredSevens), 100u);
  ASSERT_TRUE(parts.ends.EndFlow(stream));
  EXPECT_EQ(TakeRecords<ResetRecord>(parts.context.control).size(), 1u);
}

// The owner gets kTimeout for its own reader.
TEST(SessionEnds, AFarReaderThatWasStuckIsNotTakenForOurs) {
  Parts parts;
  for (const EndCode code : {EndCode::kStuck, EndCode::kTimeout}) {
    Session& session = parts.Open();
    const SessionId id = session.id;
    ASSERT_TRUE(parts.ends.OnReset(session, {id, code, 0}));
    EXPECT_EQ(parts.observer.resets.back(), std::pair(id, EndCode::kStuck));
  }
}

TEST(SessionEnds, AStuckReaderIsResetAndCounted) {
  ChannelSettings settings;
  settings.stuck_timeout = std::chrono::seconds(80);
  Parts parts(Role::kInitiator, settings);
  Session& session = parts.Open();
  HoldOne(parts, session);
  for (int i = 0; i < 20 && parts.observer.resets.empty(); ++i) {
    parts.context.now += std::chrono::seconds(10);
    ASSERT_TRUE(parts.ends.ResetStuck());
  }
  EXPECT_EQ(parts.observer.resets, (std::vector{std::pair(session.id, EndCode::kTimeout)}));
  EXPECT_EQ(parts.context.stats.sessions_stuck, 1u);
}

// The peer promised more in a reset session than the channel's credit covers. That is found when
// the session is given up: then only the end of the channel is reported.
TEST(SessionEnds, ASessionWhoseEndIsAViolationIsToldOnceWithTheChannel) {
  Parts parts;
  Session& session = parts.Open();
  HoldOne(parts, session);
  for (std::uint64_t left = kInitialChannelCredit - kCost; left > 0;) {
    const std::uint64_t cost = std::min(left, kInitialSessionCredit);
    ASSERT_TRUE(parts.ledger.Receive(parts.Open(), cost));
    left -= cost;
  }
  ASSERT_TRUE(parts.ends.OnReset(session, {session.id, EndCode::kBroken, kCost + 1}));
  EXPECT_FALSE(parts.ends.OnViolation(session));
  EXPECT_TRUE(parts.observer.resets.empty());
  parts.ends.EndAll(EndCode::kProtocol);
  EXPECT_EQ(std::count(parts.observer.resets.begin(), parts.observer.resets.end(),
                       std::pair(session.id, EndCode::kProtocol)),
            1);
}

TEST(SessionEnds, WithTheChannelAllEndInOrderOrOnlyTheIncomplete) {
  Parts parts;
  Session& complete = parts.Open();
  complete.fin_queued = complete.fin_sent = true;
  parts.observer.appetite = 0;
  ASSERT_TRUE(parts.delivery.OnMessage(complete, parts.Message(complete, 0, kHundredSevens)));
  ASSERT_TRUE(parts.delivery.OnMessage(complete, parts.Message(complete, 1, {}, /*fin=*/true)));
  Session& second = parts.Open();
  Session& third = parts.Open();

  parts.ends.EndIncomplete(EndCode::kShutdown);
  EXPECT_EQ(parts.observer.resets, (std::vector{std::pair(second.id, EndCode::kShutdown),
                                                std::pair(third.id, EndCode::kShutdown)}));
  EXPECT_EQ(parts.sessions.size(), 1u);
  parts.ends.EndAll(EndCode::kShutdown);
  EXPECT_TRUE(parts.sessions.empty());
  EXPECT_EQ(parts.receive.message_bytes(), 0u);
}

}  // namespace
}  // namespace funnel::wire::testing
