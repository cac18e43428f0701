#include "common/wire/channel/send_buffer.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/channel/parts.h"

namespace funnel::wire::testing {
namespace {

ChannelSettings SmallQueues() {
  ChannelSettings settings;
  settings.session_queue_max = 10'000;
  settings.channel_queue_max = 40'000;
  return settings;
}

TEST(SendBuffer, TakesWhatTheSessionsQueueHolds) {
  Parts parts(Role::kInitiator, SmallQueues());
  const SessionId id = parts.Open().id;
  EXPECT_EQ(parts.send.Writable(id), 10'000u);
  EXPECT_EQ(parts.send.AddBytes(id, Bytes(12'000, 1)), 10'000u);
  EXPECT_EQ(parts.send.size(), 10'000u);
  EXPECT_EQ(parts.send.Writable(id), 0u);
  EXPECT_EQ(parts.send.AddBytes(SessionId(99), Bytes(1)), 0u);
}

TEST(SendBuffer, ARefusedWriterGoesOnWhenHalfOfItsQueueIsFree) {
  Parts parts(Role::kInitiator, SmallQueues());
  Session& session = parts.Open();
  ASSERT_EQ(parts.send.AddBytes(session.id, Bytes(12'000, 1)), 10'000u);
  parts.send.Sent(session, 4000);
  parts.send.NotifyWriters();
  EXPECT_TRUE(parts.observer.writable.empty());
  parts.send.Sent(session, 1000);
  parts.send.NotifyWriters();
  EXPECT_EQ(parts.observer.writable, std::vector{session.id});
  parts.send.NotifyWriters();
  EXPECT_EQ(parts.observer.writable.size(), 1u);
}

TEST(SendBuffer, AFullChannelIsSharedFirstComeFirstServed) {
  Parts parts(Role::kInitiator, SmallQueues());
  std::vector<Session*> full;
  for (int i = 0; i < 4; ++i) full.push_back(&parts.Open());
  for (Session* session : full)
    ASSERT_EQ(parts.send.AddBytes(session->id, Bytes(10'000, 1)), 10'000u);
  Session& first = parts.Open();
  Session& second = parts.Open();
  for (Session* session : {&first, &second})
    EXPECT_EQ(parts.send.AddBytes(session->id, Bytes(1)), 0u);

  parts.send.Sent(*full[0], 10'000);
  parts.send.NotifyWriters();
  EXPECT_TRUE(parts.observer.writable.empty());  // it is not a fair piece yet
  parts.send.Sent(*full[1], 10'000);
  parts.send.NotifyWriters();
  EXPECT_EQ(parts.observer.writable, std::vector{first.id});
  parts.send.Drop(*full[2]);
  parts.send.Drop(*full[3]);
  parts.send.ConsiderFullWriters();
  parts.send.NotifyWriters();
  EXPECT_EQ(parts.observer.writable, (std::vector{first.id, second.id}));
}

TEST(SendBuffer, PreparedPlacesCountWhenTheyAreCommitted) {
  Parts parts(Role::kInitiator, SmallQueues());
  const SessionId id = parts.Open().id;
  const MutableByteView place = parts.send.Prepare(id);
  ASSERT_GE(place.size(), 3u);
  EXPECT_LE(place.size(), 10'000u);
  EXPECT_EQ(parts.send.size(), 0u);
  parts.send.Commit(id, 3);
  EXPECT_EQ(parts.send.size(), 3u);
}

TEST(SendBuffer, AStreamMayFollowMessagesAndStaysOne) {
  Parts parts;
  Session& stream = parts.Open();
  ASSERT_EQ(parts.send.AddBytes(stream.id, Bytes(1)), 1u);
  EXPECT_FALSE(parts.send.AddMessage(stream.id, Bytes(1), {.order = Order::kFree, .after = 0}));
  Session& messages = parts.Open();
  EXPECT_EQ(parts.send.AddMessage(messages.id, Bytes(1), {.order = Order::kFree, .after = 0}), 0u);
  EXPECT_EQ(parts.send.AddBytes(messages.id, Bytes(1)), 1u);
  EXPECT_FALSE(parts.send.AddMessage(messages.id, Bytes(1), {}));
  EXPECT_FALSE(parts.send.TakesMessage(messages.id));
}

TEST(SendBuffer, SaysWhetherItTakesAMessage) {
  Parts parts(Role::kInitiator, SmallQueues());
  Session& session = parts.Open();
  EXPECT_TRUE(parts.send.TakesMessage(session.id));
  EXPECT_FALSE(session.wants_writable);
  EXPECT_TRUE(parts.send.AddMessage(session.id, Bytes(30'000), {}));
  EXPECT_FALSE(parts.send.TakesMessage(session.id));
  EXPECT_TRUE(session.wants_writable);
}

TEST(SendBuffer, OneMessageMayPassTheLimitTheNextWaits) {
  Parts parts(Role::kInitiator, SmallQueues());
  Session& session = parts.Open();
  EXPECT_TRUE(
      parts.send.AddMessage(session.id, Bytes(30'000), {.order = Order::kFree, .after = 0}));
  EXPECT_FALSE(parts.send.AddMessage(session.id, Bytes(1), {.order = Order::kFree, .after = 0}));
  EXPECT_TRUE(session.wants_writable);
}

TEST(SendBuffer, NothingIsTakenAfterFinNorWithoutALink) {
  Parts parts;
  Session& finished = parts.Open();
  parts.send.AddFin(finished.id);
  EXPECT_EQ(parts.send.AddBytes(finished.id, Bytes(1)), 0u);
  EXPECT_FALSE(parts.send.AddMessage(finished.id, Bytes(1), {.order = Order::kFree, .after = 0}));

  Session& other = parts.Open();
  (void)parts.life.CloseLink(/*abrupt=*/false, kPartsStart);
  EXPECT_EQ(parts.send.AddBytes(other.id, Bytes(1)), 0u);
  EXPECT_FALSE(parts.send.AddMessage(other.id, Bytes(1), {.order = Order::kFree, .after = 0}));
}

TEST(SendBuffer, ALargeOrStrayDatagramIsDroppedAndCounted) {
  Parts parts;
  const SessionId id = parts.Open().id;
  EXPECT_TRUE(parts.send.AddDatagram(id, Bytes(kMaxDatagramSize), {}));
  EXPECT_FALSE(parts.send.AddDatagram(id, Bytes(kMaxDatagramSize + 1), {}));
  EXPECT_FALSE(parts.send.AddDatagram(SessionId(99), Bytes(1), {}));
  EXPECT_EQ(parts.context.stats.datagrams_dropped, 2u);
  EXPECT_EQ(parts.context.stats.bytes_sent, kMaxDatagramSize);
}

TEST(SendBuffer, WhatIsDroppedWaitsNoMore) {
  Parts parts;
  Session& session = parts.Open();
  ASSERT_EQ(parts.send.AddBytes(session.id, Bytes(100)), 100u);
  parts.send.Drop(session);
  EXPECT_EQ(parts.send.size(), 0u);
  EXPECT_FALSE(parts.scheduler.HasAny());
}

TEST(SendBuffer, CreditOfAStreamLetsItsWriterGoOn) {
  Parts parts;
  Session& session = parts.Open();
  parts.ledger.Spend(session, kInitialSessionCredit - kMessageCost);
  EXPECT_EQ(parts.send.AddBytes(session.id, Bytes(1)), 0u);
  ASSERT_TRUE(parts.ledger.OnCredit(session, {session.id, 2 * kInitialSessionCredit}));
  parts.send.CreditRose(session);
  parts.send.NotifyWriters();
  EXPECT_EQ(parts.observer.writable, std::vector{session.id});
}

}  // namespace
}  // namespace funnel::wire::testing
