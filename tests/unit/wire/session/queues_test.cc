#include <gtest/gtest.h>

#include "common/wire/frame/record_queue.h"
#include "common/wire/session/credit.h"
#include "common/wire/session/datagram_queue.h"
#include "common/wire/session/send_queue.h"
#include "tests/unit/wire/start.h"

namespace funnel::wire {
namespace {

std::string Drain(SendQueue& queue, ChunkPool& pool, std::size_t step) {
  std::string out;
  while (!queue.empty()) {
    Bytes part(std::min(step, queue.size()));
    queue.CopyTo(part);
    out += AsText(part);
    queue.Consume(part.size(), pool);
  }
  return out;
}

TEST(SendQueue, GivesBackTheStreamWhateverTheCuts) {
  ChunkPool pool;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i);
  for (std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4000}, text.size()}) {
    SendQueue queue;
    for (std::size_t at = 0; at < text.size(); at += 333)
      queue.Append(AsBytes(std::string_view(text).substr(at, 333)), 4096, pool);
    EXPECT_EQ(queue.size(), text.size());
    EXPECT_EQ(Drain(queue, pool, step), text);
  }
}

TEST(SendQueue, PreparedPlacesJoinTheStream) {
  ChunkPool pool;
  SendQueue queue;
  std::string expected;
  for (std::size_t count : {std::size_t{0}, std::size_t{10}, std::size_t{3000}, std::size_t{0},
                            std::size_t{4096}, std::size_t{1}}) {
    MutableByteView place = queue.Prepare(4096, pool);
    count = std::min(count, place.size());
    std::fill_n(place.begin(), count, static_cast<std::uint8_t>('a' + count % 7));
    expected += std::string(count, static_cast<char>('a' + count % 7));
    queue.Commit(count, pool);
  }
  EXPECT_EQ(queue.size(), expected.size());
  EXPECT_EQ(Drain(queue, pool, 1000), expected);
}

TEST(SendQueue, AnIdleQueueHoldsNothing) {
  ChunkPool pool;
  SendQueue queue;
  (void)queue.Prepare(16384, pool);
  queue.Commit(0, pool);
  EXPECT_TRUE(queue.empty());
}

TEST(SendQueue, KeepsMessagesApart) {
  ChunkPool pool;
  SendQueue queue;
  queue.AppendMessage(AsBytes("one"), Order::kFree, 0, false, pool);
  queue.AppendMessage({}, Order::kAfterAll, 0, false, pool);
  queue.AppendMessage(AsBytes("three"), Order::kFollows, 2, true, pool);
  EXPECT_EQ(queue.head()->size(), 3u);
  queue.Consume(3, pool);
  EXPECT_EQ(queue.head()->size(), 0u);
  EXPECT_EQ(queue.head()->order, Order::kAfterAll);
  queue.Consume(0, pool);
  EXPECT_TRUE(queue.head()->more);
  queue.Clear(pool);
  EXPECT_TRUE(queue.empty());
}

constexpr DatagramQueue::Lifetime kForEver{0};

TEST(DatagramQueue, PacksWhatFits) {
  DatagramQueue queue(1000);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(queue.Push(SessionId(1), AsBytes("12345678"), kForEver), 0u);
  EXPECT_EQ(queue.front_size(), 11u);
  EXPECT_EQ(queue.Front(32).size(), 22u);
  EXPECT_EQ(queue.Front(33).size(), 33u);
  EXPECT_EQ(queue.Front(5).size(), 11u);  // one is sent alone, however large it is
  queue.Pop(33);
  EXPECT_EQ(queue.size(), 22u);
}

TEST(DatagramQueue, DropsTheOldestBeyondItsLimit) {
  DatagramQueue queue(100);
  std::size_t dropped = 0;
  for (char c = 'a'; c < 'z'; ++c)
    dropped += queue.Push(SessionId(1), AsBytes(std::string(17, c)), kForEver);
  EXPECT_EQ(dropped, 20u);
  EXPECT_EQ(queue.size(), 100u);
  EXPECT_EQ(queue.Front(1)[3], 'u');
}

TEST(DatagramQueue, KeepsThoseThatOpenTheirSession) {
  DatagramQueue queue(1000);
  const OpeningRecord opening{SessionId(5), {"192.0.2.1:4000", ""}, AsBytes("asks")};
  EXPECT_EQ(queue.Push(SessionId(1), AsBytes("plain"), kForEver), 0u);
  EXPECT_EQ(queue.Push(opening, kForEver), 0u);
  ByteReader records(queue.Front(1000));
  ASSERT_TRUE(std::holds_alternative<DatagramRecord>(ParseRecord(records).value()));
  const auto found = ParseRecord(records).value();
  EXPECT_EQ(std::get<OpeningRecord>(found).info, opening.info);
  EXPECT_TRUE(std::ranges::equal(std::get<OpeningRecord>(found).bytes, opening.bytes));
  EXPECT_TRUE(records.AtEnd());
  EXPECT_EQ(queue.Push({SessionId(6), {}, Bytes(990, 'x')}, kForEver), 2u);
}

TEST(DatagramQueue, KeepsTheMarkWithItsDatagram) {
  DatagramQueue queue(1000);
  EXPECT_EQ(queue.Push(SessionId(1), AsBytes("marked"), kForEver, 46), 0u);
  EXPECT_EQ(queue.Push(SessionId(1), AsBytes("plain"), kForEver), 0u);
  EXPECT_EQ(queue.front_size(), kMarkSize + 3 + 6);
  EXPECT_EQ(queue.size(), kMarkSize + 3 + 6 + 3 + 5);
  ByteReader records(queue.Front(queue.front_size()));
  EXPECT_EQ(std::get<MarkRecord>(ParseRecord(records).value()).dscp, 46);
  EXPECT_EQ(AsText(std::get<DatagramRecord>(ParseRecord(records).value()).bytes), "marked");
  EXPECT_TRUE(records.AtEnd());
  queue.Pop(queue.front_size());
  EXPECT_EQ(queue.front_size(), 3u + 5u);
}

TEST(DatagramQueue, PacksNoTwoLifetimesTogether) {
  DatagramQueue queue(1000);
  const std::chrono::milliseconds life(100);
  for (const auto lifetime : {life, life, kForEver, life})
    (void)queue.Push(SessionId(1), AsBytes("12345678"), lifetime);
  EXPECT_EQ(queue.Front(1000).size(), 22u);
  EXPECT_EQ(queue.front_lifetime(), life);
  queue.Pop(22);
  EXPECT_EQ(queue.Front(1000).size(), 11u);
  EXPECT_EQ(queue.front_lifetime(), kForEver);
}

TEST(DatagramQueue, WhatNeverExpiresKeepsItsPlace) {
  DatagramQueue queue(1000);
  (void)queue.Push(SessionId(1), AsBytes("stays"), kForEver);
  (void)queue.Push(SessionId(1), AsBytes("goes"), std::chrono::milliseconds(100));
  EXPECT_EQ(queue.DropStale(kStart), 0u);
  EXPECT_EQ(queue.DropStale(kStart + std::chrono::seconds(1)), 0u);
  queue.Pop(queue.front_size());
  EXPECT_EQ(queue.DropStale(kStart + std::chrono::seconds(1)), 1u);
  EXPECT_TRUE(queue.empty());
}

TEST(DatagramQueue, DropsTheStale) {
  DatagramQueue queue(1000);
  const std::chrono::milliseconds life(100);
  (void)queue.Push(SessionId(1), AsBytes("old"), life);
  EXPECT_EQ(queue.DropStale(kStart), 0u);
  (void)queue.Push(SessionId(1), AsBytes("new"), life);
  EXPECT_EQ(queue.DropStale(kStart + life / 2), 0u);
  EXPECT_EQ(queue.DropStale(kStart + life), 1u);
  EXPECT_EQ(queue.size(), 6u);
  EXPECT_EQ(queue.DropStale(kStart + life * 2), 1u);
  EXPECT_TRUE(queue.empty());
}

TEST(RecordQueue, GivesRecordsInOrder) {
  RecordQueue queue;
  queue.Push(PingRecord{1});
  queue.Push(EndSessionRecord{SessionId(2)});
  EXPECT_EQ(queue.Front().size(), 9u);
  queue.Pop();
  EXPECT_EQ(queue.Front().size(), 2u);
  queue.Pop();
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.Front().empty());
}

TEST(Credit, SenderStopsAtTheLimitAndTheLargestCounts) {
  SendCredit credit(100);
  credit.Spend(60);
  EXPECT_EQ(credit.available(), 40u);
  EXPECT_EQ(credit.Raise(200), 100u);
  EXPECT_EQ(credit.Raise(150), 0u);
  EXPECT_EQ(credit.available(), 140u);
}

TEST(Credit, ReceiverRejectsWhatItDidNotGrant) {
  ReceiveCredit credit(100);
  EXPECT_TRUE(credit.Receive(60, kStart));
  EXPECT_FALSE(credit.Receive(41, kStart));
  EXPECT_TRUE(credit.Receive(40, kStart));
}

TEST(Credit, AFinalChargeIsBetweenWhatCameAndTheLimit) {
  ReceiveCredit credit(100);
  EXPECT_TRUE(credit.Receive(60, kStart));
  EXPECT_FALSE(credit.Finish(59));
  EXPECT_FALSE(credit.Finish(101));
  EXPECT_TRUE(credit.Finish(80));
}

TEST(Credit, AQuickReadersWindowGrowsAndASlowOnesDoesNot) {
  const Duration quick = std::chrono::milliseconds(200);
  for (bool is_quick : {true, false}) {
    ReceiveCredit credit(64 << 10);
    TimePoint now = kStart;
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t grant = credit.limit() - credit.received();
      ASSERT_TRUE(credit.Receive(grant, now));
      credit.Consume(grant);
      EXPECT_TRUE(credit.IsDue());
      now += is_quick ? quick / 2 : quick * 2;
      (void)credit.Grant(now, quick, 1 << 20, 1 << 30);
    }
    EXPECT_EQ(credit.window(), is_quick ? 1u << 20 : 64u << 10);
  }
}

// A short transfer ends before a second half window could be measured.
TEST(Credit, TheFirstHalfWindowCountsFromTheFirstMessage) {
  const Duration quick = std::chrono::milliseconds(200);
  for (const bool is_quick : {true, false}) {
    ReceiveCredit credit(64 << 10);
    ASSERT_TRUE(credit.Receive(100, kStart));
    const TimePoint later = kStart + (is_quick ? quick : 2 * quick);
    ASSERT_TRUE(credit.Receive(32 << 10, later));
    credit.Consume(100 + (32 << 10));
    const std::uint64_t grown = credit.Grant(later, quick, 1 << 20, 1 << 30);
    EXPECT_EQ(grown, is_quick ? 3u * (64 << 10) : 0u);
    EXPECT_EQ(credit.window(), is_quick ? 256u << 10 : 64u << 10);
  }
}

TEST(Credit, GrowthIsLimitedByWhatIsLeftForAll) {
  ReceiveCredit credit(1000);
  const Duration quick = std::chrono::milliseconds(200);
  credit.Consume(500);
  EXPECT_EQ(credit.Grant(kStart, quick, 10000, 300), 0u);
  credit.Consume(499);
  EXPECT_EQ(credit.Grant(kStart, quick, 10000, 300), 0u);
  credit.Consume(1);
  EXPECT_EQ(credit.Grant(kStart, quick, 10000, 300), 300u);
  EXPECT_EQ(credit.ShrinkWindow(1000), 300u);
}

}  // namespace
}  // namespace funnel::wire
