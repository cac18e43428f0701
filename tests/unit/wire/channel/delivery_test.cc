#include "common/wire/channel/delivery.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/channel/parts.h"

namespace funnel::wire::testing {
namespace {

const Bytes kBytes(100, 'a');

TEST(Delivery, MessagesComeInTheirOrder) {
  Parts parts;
  Session& session = parts.Open();
  const Bytes first{'1'}, second{'2'}, third{'3'};
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 2, third)));
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 1, second)));
  EXPECT_EQ(parts.observer.received, "");
  EXPECT_EQ(parts.receive.message_bytes(), 2u);
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 0, first)));
  EXPECT_EQ(parts.observer.received, "123");
  EXPECT_EQ(parts.receive.message_bytes(), 0u);
  EXPECT_EQ(session.receive_credit.consumed(), 3 * (1 + kMessageCost));
  EXPECT_EQ(parts.context.stats.bytes_received, 3u);
}

TEST(Delivery, AReaderThatTakesLessGetsTheRestWhenItResumes) {
  Parts parts;
  Session& session = parts.Open();
  parts.observer.appetite = 30;
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 0, kBytes)));
  EXPECT_EQ(parts.observer.received.size(), 30u);
  EXPECT_TRUE(session.output_blocked);
  EXPECT_EQ(session.receive_credit.consumed(), 0u);

  parts.observer.appetite = 50;
  parts.delivery.Resume(session);
  EXPECT_EQ(parts.observer.received.size(), 80u);
  EXPECT_TRUE(session.output_blocked);
  parts.observer.appetite = 50;
  parts.delivery.Resume(session);
  EXPECT_EQ(parts.observer.received.size(), 100u);
  EXPECT_EQ(session.receive_credit.consumed(), 100 + kMessageCost);
}

TEST(Delivery, NothingIsOfferedToAReaderThatIsBlocked) {
  Parts parts;
  Session& session = parts.Open();
  parts.observer.appetite = 0;
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 0, kBytes)));
  parts.observer.appetite = 1000;
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 1, kBytes)));
  EXPECT_EQ(parts.observer.received, "");
  EXPECT_EQ(parts.receive.message_bytes(), 200u);
}

TEST(Delivery, ACallbackThatEndsTheSessionEndsItsDelivery) {
  Parts parts;
  Session& session = parts.Open();
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 1, kBytes)));
  parts.observer.on_message = [&] { EXPECT_TRUE(parts.ends.Reset(session, EndCode::kReset)); };
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 0, kBytes)));
  EXPECT_EQ(parts.observer.received.size(), 100u);
  EXPECT_EQ(parts.receive.message_bytes(), 0u);
}

TEST(Delivery, ABrokenOrderEndsTheSessionNotTheChannel) {
  Parts parts;
  Session& session = parts.Open();
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 0, kBytes)));
  EXPECT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 0, kBytes)));
  EXPECT_EQ(parts.observer.resets, (std::vector{std::pair(session.id, EndCode::kProtocol)}));
  EXPECT_EQ(parts.context.stats.violations, 1u);
}

TEST(Delivery, AMessageBeyondItsCreditIsAViolation) {
  Parts parts;
  Session& session = parts.Open();
  const Bytes large(kInitialSessionCredit);
  EXPECT_FALSE(parts.delivery.OnMessage(session, parts.Message(session, 0, large)));
  EXPECT_EQ(parts.observer.received, "");
}

TEST(Delivery, FinComesAfterAllBeforeIt) {
  Parts parts;
  Session& session = parts.Open();
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 1, {}, /*fin=*/true)));
  EXPECT_TRUE(parts.observer.fins.empty());
  ASSERT_TRUE(parts.delivery.OnMessage(session, parts.Message(session, 0, kBytes)));
  EXPECT_EQ(parts.observer.fins, std::vector{session.id});
}

TEST(Delivery, WhatCameBeforeASessionWasOpenFollowsItsOpening) {
  Parts parts(Role::kAcceptor);
  Session* session = *parts.sessions.FindNamed(SessionId(0));
  parts.delivery.OnDatagram(session, kBytes);
  ASSERT_TRUE(parts.delivery.OnMessage(*session, parts.Message(*session, 0, kBytes)));
  EXPECT_TRUE(parts.observer.datagrams.empty());
  EXPECT_EQ(parts.observer.received, "");

  parts.delivery.Open(*session, {});
  EXPECT_EQ(parts.observer.opened, std::vector{session->id});
  EXPECT_EQ(parts.observer.datagrams.size(), 1u);
  EXPECT_EQ(parts.observer.received.size(), 100u);
}

TEST(Delivery, ASessionThatEndsAtAnEarlyDatagramGetsNoMore) {
  Parts parts(Role::kAcceptor);
  Session* session = *parts.sessions.FindNamed(SessionId(0));
  for (int i = 0; i < 2; ++i) parts.delivery.OnDatagram(session, kBytes);
  parts.observer.on_datagram = [&] { EXPECT_TRUE(parts.ends.EndFlow(*session)); };
  parts.delivery.Open(*session, {});
  EXPECT_EQ(parts.observer.datagrams.size(), 1u);
}

TEST(Delivery, DatagramsOfASessionThatHasEndedAreCounted) {
  Parts parts;
  parts.delivery.OnDatagram(nullptr, kBytes);
  Session& session = parts.Open();
  ASSERT_EQ(parts.send.AddBytes(session.id, kBytes), 100u);
  ASSERT_TRUE(parts.ends.Reset(session, EndCode::kReset));
  parts.delivery.OnDatagram(&session, kBytes);
  EXPECT_EQ(parts.context.stats.late_datagrams, 2u);
  EXPECT_TRUE(parts.observer.datagrams.empty());
}

}  // namespace
}  // namespace funnel::wire::testing
