// Slow readers, fairness, full queues.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

TEST(Channel, ASlowReaderHoldsLittleAndOthersGoOn) {
  Ends ends;
  auto slow = ends.a.channel->OpenSession({});
  auto fast = ends.a.channel->OpenSession({});
  ends.b.seen.appetite[*slow] = 1000;

  const std::string text = Pattern(3'000'000);
  std::size_t slow_sent = 0;
  for (int i = 0; i < 100; ++i) {
    slow_sent += ends.a.channel->SendBytes(*slow, AsBytes(text).subspan(slow_sent));
    ends.Run();
  }

  EXPECT_LT(ends.a.channel->queued_bytes() + ends.b.channel->undelivered_bytes(), 200'000u);
  EXPECT_EQ(SendAll(ends, ends.a, *fast, text), text.size());
  EXPECT_TRUE(ends.b.seen.sessions[*fast].bytes == text)
      << ends.b.seen.sessions[*fast].bytes.size();
  EXPECT_EQ(ends.b.seen.sessions[*slow].bytes.size(), 1000u);
  // It reads again: the rest comes, caused by OnWritable alone.
  ends.b.seen.appetite.erase(*slow);
  ends.a.seen.on_writable = [&](SessionId id) {
    slow_sent += ends.a.channel->SendBytes(id, AsBytes(text).subspan(slow_sent));
  };
  ends.b.channel->Resume(*slow);
  for (int i = 0; i < 1000 && slow_sent < text.size(); ++i) ends.Run();
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*slow].bytes == text)
      << ends.b.seen.sessions[*slow].bytes.size();
}

TEST(Channel, AReaderThatTakesByteByByteGetsEverything) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.b.seen.appetite[*id] = 0;
  const std::string text = Pattern(5000);
  (void)ends.a.channel->SendBytes(*id, AsBytes(text));
  ends.a.channel->SendFin(*id);
  ends.Run();
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(ends.b.seen.sessions[*id].fin);
    ends.b.seen.appetite[*id] = 1;
    ends.b.channel->Resume(*id);
  }
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == text) << ends.b.seen.sessions[*id].bytes.size();
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
}

TEST(Channel, ABulkSessionDoesNotDelayTheOthers) {
  Ends ends;
  auto bulk = ends.a.channel->OpenSession({});
  std::vector<SessionId> small;
  for (int i = 0; i < 3; ++i) small.push_back(*ends.a.channel->OpenSession({}));
  ends.Run();
  const std::string text = Pattern(60'000);
  (void)ends.a.channel->SendBytes(*bulk, AsBytes(text));
  for (SessionId id : small) (void)ends.a.channel->SendBytes(id, AsBytes("quick"));
  ends.Flush(ends.a);
  // At most one bulk frame is sent before them.
  ends.Give(ends.b, ends.a.out.Take());
  ends.Give(ends.b, ends.a.out.Take());
  for (SessionId id : small) EXPECT_EQ(ends.b.seen.sessions[id].bytes, "quick");
  EXPECT_LT(ends.b.seen.sessions[*bulk].bytes.size(), text.size());
}

TEST(Channel, BulkSessionsTakeTurns) {
  Ends ends;
  std::vector<SessionId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(*ends.a.channel->OpenSession({}));
  ends.Run();
  const std::string text = Pattern(60'000);
  for (SessionId id : ids) (void)ends.a.channel->SendBytes(id, AsBytes(text));
  ends.Flush(ends.a);
  for (int i = 0; i < 4; ++i) ends.Give(ends.b, ends.a.out.Take());
  for (SessionId id : ids) EXPECT_GT(ends.b.seen.sessions[id].bytes.size(), 10'000u);
}

TEST(Channel, AFullSinkStopsAndResumesWithoutLoss) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  const std::string text = Pattern(60'000);
  (void)ends.a.channel->SendBytes(*id, AsBytes(text));
  ends.a.out.room = 1;
  EXPECT_FALSE(ends.Flush(ends.a));
  EXPECT_TRUE(ends.a.channel->WantsFlush());
  int rounds = 0;
  for (; !ends.Flush(ends.a) && rounds < 100; ++rounds) ends.Deliver(ends.a);
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == text) << ends.b.seen.sessions[*id].bytes.size();
}

TEST(Channel, WindowsGrowForAFastReaderOverALongPath) {
  // 100 Mbit/s at 50 ms: 625 kB on the way.
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  const std::string text = Pattern(256 * 1024);
  std::size_t in_last_round_trip = 0;
  for (int round = 0; round < 40; ++round) {
    in_last_round_trip = 0;
    for (std::size_t sent = 1; sent > 0; in_last_round_trip += sent) {
      sent = ends.a.channel->SendBytes(*id, AsBytes(text));
      ends.Flush(ends.a);
    }
    ends.now += std::chrono::milliseconds(25);
    ends.Deliver(ends.a);
    ends.Flush(ends.b);
    ends.now += std::chrono::milliseconds(25);
    ends.Deliver(ends.b);
  }
  EXPECT_GT(in_last_round_trip, 625'000u);
}

TEST(Channel, WritersThatAFullQueueStoppedAllGetTheirTurn) {
  ChannelSettings settings;
  settings.channel_queue_max = 200'000;
  Ends ends(settings);
  std::vector<SessionId> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(*ends.a.channel->OpenSession({}));
  ends.Run();
  const std::string text = Pattern(300'000);
  std::map<SessionId, std::size_t> sent;
  auto send = [&](SessionId id) {
    sent[id] += ends.a.channel->SendBytes(id, AsBytes(text).subspan(sent[id]));
  };
  ends.a.seen.on_writable = send;
  for (SessionId id : ids) send(id);
  EXPECT_LE(ends.a.channel->queued_bytes(), settings.channel_queue_max);
  for (int i = 0; i < 1000; ++i) ends.Run();
  for (SessionId id : ids)
    EXPECT_TRUE(ends.b.seen.sessions[id].bytes == text) << ends.b.seen.sessions[id].bytes.size();
}

TEST(Channel, AWriterShortOfCreditAndThenOfRoomIsNotForgotten) {
  ChannelSettings settings;
  settings.channel_queue_max = 100'000;
  Ends ends(settings);

  auto first = ends.a.channel->OpenSession({});
  auto second = ends.a.channel->OpenSession({});
  auto third = ends.a.channel->OpenSession({});
  ends.Run();

  const std::string text = Pattern(90'000);
  ends.b.seen.appetite[*first] = 0;
  std::size_t sent = ends.a.channel->SendBytes(*first, AsBytes(text));  // all its credit
  ends.Flush(ends.a);
  EXPECT_EQ(ends.a.channel->SendBytes(*first, AsBytes(text)), 0u);
  ends.Deliver(ends.a);
  // Others fill the queue; then the first one's credit comes.
  ends.a.out.room = 0;
  (void)ends.a.channel->SendBytes(*second, AsBytes(text));
  (void)ends.a.channel->SendBytes(*third, AsBytes(text));
  ASSERT_EQ(ends.a.channel->queued_bytes(), settings.channel_queue_max);
  ends.b.seen.appetite.clear();
  ends.b.channel->Resume(*first);
  ends.Flush(ends.b);
  ends.Deliver(ends.b);

  ends.a.out.room = 1000;
  ends.a.seen.on_writable = [&](SessionId id) {
    if (id == *first) sent += ends.a.channel->SendBytes(id, AsBytes(text).subspan(sent));
  };
  ends.Run();
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*first].bytes == text)
      << ends.b.seen.sessions[*first].bytes.size();
}

// A record that becomes due while others wait is sent in the same flush: nobody flushes again for
// it.
TEST(Channel, CreditThatIsDueBesideAResetIsTold) {
  Ends ends;
  auto bulk = *ends.a.channel->OpenSession({});
  auto other = *ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.b.channel->SendBytes(other, AsBytes("hello"));
  ends.Run();
  const std::string text = Pattern(300'000);
  std::size_t sent = 0;
  ends.b.seen.on_writable = [&](SessionId id) {
    if (id == bulk) sent += ends.b.channel->SendBytes(id, AsBytes(text).subspan(sent));
  };
  // A window of bulk, and in the same turn the other session's backend resets.
  sent += ends.b.channel->SendBytes(bulk, AsBytes(text));
  EXPECT_EQ(ends.b.channel->SendBytes(bulk, AsBytes(text).subspan(sent)), 0u);
  ends.b.channel->ResetSession(other, EndCode::kReset);
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions[bulk].bytes.size(), text.size());
}

TEST(Channel, APlaceThatIsFreedByWhatGoesOutIsTold) {
  ChannelSettings settings;
  settings.max_sessions = 64;
  Ends ends(settings);
  std::vector<SessionId> ids;
  for (int i = 0; i < 64; ++i) ids.push_back(*ends.a.channel->OpenSession({}));
  ends.Run();
  ends.b.channel->SendFin(ids[0]);
  ends.Run();
  // The last record of a session is ours: its place is free when our FIN was sent.
  ends.a.channel->SendFin(ids[0]);
  EXPECT_FALSE(ends.a.channel->OpenSession({}));
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions_available, 1);
  EXPECT_TRUE(ends.a.channel->OpenSession({}));
}

TEST(Channel, FlushSaysWhenItIsToBeCalledAgain) {
  Ends ends;
  auto id = *ends.a.channel->OpenSession({});
  ends.Run();
  const std::string text = Pattern(300'000);
  ends.a.seen.on_writable = [&](SessionId) {
    (void)ends.a.channel->SendBytes(id, AsBytes(text).first(1000));
  };
  ASSERT_GT(ends.a.channel->SendBytes(id, AsBytes(text)), 0u);
  ends.b.seen.appetite[id] = 0;
  ends.a.out.room = 1;
  EXPECT_FALSE(ends.Flush(ends.a));
  EXPECT_EQ(ends.last_flush, Flushed::kSinkFull);
  ends.a.out.room = 1000;
  ends.b.seen.appetite.clear();
  ends.Run();  // its owner got OnWritable, and sent, from within
  EXPECT_EQ(ends.last_flush, Flushed::kAll);
  EXPECT_FALSE(ends.a.channel->WantsFlush());
}

}  // namespace
}  // namespace funnel::wire::testing
