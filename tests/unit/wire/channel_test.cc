// A channel's sessions, datagrams, streams and credit, two ends back to back.
#include "common/wire/channel.h"

#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;

TEST(Channel, BothEndsConfirm) {
  Ends ends;
  ends.Run();
  EXPECT_EQ(ends.a.seen.confirmed, 1);
  EXPECT_EQ(ends.b.seen.confirmed, 1);
  EXPECT_EQ(ends.a.channel->state(), State::kOpen);
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(Channel, TheAcceptorSealsNothingFirst) {
  Ends ends;
  EXPECT_FALSE(ends.b.channel->WantsFlush());
  EXPECT_TRUE(ends.Flush(ends.b));
  EXPECT_TRUE(ends.b.out.frames.empty());
  EXPECT_TRUE(ends.a.channel->WantsFlush());
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 1u);
  ends.Deliver(ends.a);
  EXPECT_TRUE(ends.b.channel->WantsFlush());
}

TEST(Channel, TheFirstFrameMayCarryASessionAndItsData) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({"192.0.2.7:4711", "127.0.0.1:53"});
  ASSERT_TRUE(id);
  EXPECT_TRUE(ends.a.channel->SendDatagram(*id, AsBytes("query")));
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 1u);
  ends.Deliver(ends.a);
  const auto& session = ends.b.seen.sessions[*id];
  EXPECT_EQ(session.info.client, "192.0.2.7:4711");
  EXPECT_EQ(session.info.local, "127.0.0.1:53");
  EXPECT_EQ(session.datagrams, std::vector<std::string>{"query"});
}

TEST(Channel, FramesAfterTheFirstCanComeFirst) {
  // SEALED is unordered: every frame carries CONFIRM until the other end is known to have it.
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Flush(ends.a);
  EXPECT_EQ(ends.a.channel->SendBytes(*id, AsBytes("hello")), 5u);
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 2u);
  ends.Give(ends.b, ends.a.out.Take(1));
  EXPECT_EQ(ends.b.seen.confirmed, 1);
  EXPECT_FALSE(ends.b.seen.sessions[*id].opened);
  ends.Give(ends.b, ends.a.out.Take(0));
  EXPECT_TRUE(ends.b.seen.sessions[*id].opened);
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "hello");
}

TEST(Channel, DatagramsGoBothWaysInPackedFrames) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  const std::size_t before = ends.a.channel->stats().frames_sent;
  for (int i = 0; i < 20; ++i)
    ends.a.channel->SendDatagram(*id, AsBytes("datagram " + std::to_string(i)));
  ends.b.channel->SendDatagram(*id, AsBytes("answer"));
  ends.Run();
  EXPECT_EQ(ends.a.channel->stats().frames_sent, before + 1);
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 20u);
  EXPECT_EQ(ends.a.seen.sessions[*id].datagrams, std::vector<std::string>{"answer"});
}

TEST(Channel, TheLargestDatagramFits) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  const std::string large = Pattern(65507);
  EXPECT_TRUE(ends.a.channel->SendDatagram(*id, AsBytes(large)));
  EXPECT_FALSE(ends.a.channel->SendDatagram(*id, AsBytes(large + "x")));
  ends.Run();
  ASSERT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 1u);
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams[0], large);
  EXPECT_LE(ends.a.out.largest_reservation, kMaxFrameSize);
}

TEST(Channel, ExpirableDatagramsShareNoFrameWithControl) {
  ChannelSettings settings;
  settings.lifetime = std::chrono::seconds(5);
  Ends ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.a.channel->SendDatagram(*id, AsBytes("query"));
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 2u);
  EXPECT_EQ(FrameHeader::Parse(ends.a.out.frames[0])->lifetime_ms, 0u);
  EXPECT_EQ(FrameHeader::Parse(ends.a.out.frames[1])->lifetime_ms, 5000u);
  // The datagram overtakes the session's opening, and waits for it.
  ends.Give(ends.b, ends.a.out.Take(1));
  EXPECT_TRUE(ends.b.seen.sessions[*id].datagrams.empty());
  ends.Give(ends.b, ends.a.out.Take(0));
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 1u);
}

TEST(Channel, AtMostEightDatagramsWaitForTheirSession) {
  ChannelSettings settings;
  settings.lifetime = std::chrono::seconds(5);
  Ends ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Flush(ends.a);
  const Bytes opening = ends.a.out.Take();
  for (int i = 0; i < 12; ++i) ends.a.channel->SendDatagram(*id, AsBytes(std::to_string(i)));
  ends.Flush(ends.a);
  ends.Deliver(ends.a);
  EXPECT_EQ(ends.b.channel->stats().datagrams_dropped, 4u);
  ends.Give(ends.b, opening);
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 8u);
}

TEST(Channel, StaleDatagramsAreNotSent) {
  ChannelSettings settings;
  settings.lifetime = std::chrono::milliseconds(500);
  Ends ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  ends.a.out.room = 0;
  ends.a.channel->SendDatagram(*id, AsBytes("old"));
  EXPECT_FALSE(ends.Flush(ends.a));
  ends.Pass(std::chrono::milliseconds(501));
  ends.a.channel->SendDatagram(*id, AsBytes("new"));
  ends.a.out.room = 100;
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams, std::vector<std::string>{"new"});
  EXPECT_EQ(ends.a.channel->stats().datagrams_dropped, 1u);
}

TEST(Channel, LateDatagramsOfAnEndedFlowAreCounted) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  ends.a.channel->EndSession(*id);
  ends.b.channel->SendDatagram(*id, AsBytes("late"));
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].reset);
  EXPECT_EQ(ends.b.seen.sessions[*id].code, EndCode::kNone);
  EXPECT_FALSE(ends.a.seen.sessions[*id].reset);
  EXPECT_EQ(ends.a.channel->stats().late_datagrams, 1u);
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
  EXPECT_EQ(ends.b.channel->session_count(), 0u);
  EXPECT_FALSE(ends.b.channel->SendDatagram(*id, AsBytes("x")));
}

// --- streams

std::size_t SendAll(Ends& ends, End& from, SessionId id, std::string_view bytes) {
  std::size_t sent = 0;
  for (int round = 0; round < 100000 && sent < bytes.size(); ++round) {
    sent += from.channel->SendBytes(id, AsBytes(bytes.substr(sent)));
    ends.Run();
  }
  return sent;
}

TEST(Channel, AStreamArrivesWholeBothWays) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  const std::string up = Pattern(3'000'000, 1), down = Pattern(2'000'000, 2);
  EXPECT_EQ(SendAll(ends, ends.a, *id, up), up.size());
  EXPECT_EQ(SendAll(ends, ends.b, *id, down), down.size());
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == up) << ends.b.seen.sessions[*id].bytes.size();
  EXPECT_TRUE(ends.a.seen.sessions[*id].bytes == down) << ends.a.seen.sessions[*id].bytes.size();
  EXPECT_EQ(ends.a.channel->queued_bytes(), 0u);
}

TEST(Channel, PreparedBytesArriveAsSentOnes) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  const std::string text = Pattern(2'000'000);
  std::size_t sent = 0;
  for (int round = 0; round < 100000 && sent < text.size(); ++round) {
    const MutableByteView place = ends.a.channel->PrepareBytes(*id);
    const std::size_t count = std::min({place.size(), text.size() - sent, 1 + sent % 20000});
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(sent), count, place.begin());
    if (!place.empty()) ends.a.channel->CommitBytes(*id, count);
    sent += count;
    if (place.empty() || round % 5 == 0) ends.Run();
  }
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == text) << ends.b.seen.sessions[*id].bytes.size();
  EXPECT_TRUE(ends.a.channel->PrepareBytes(SessionId(99)).empty());
}

TEST(Channel, BulkFramesFillPacketsExactly) {
  ChannelSettings settings;
  settings.packet_budget = 1384;
  Ends ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  const std::string text = Pattern(60'000);
  EXPECT_EQ(ends.a.channel->SendBytes(*id, AsBytes(text)), text.size());
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 4u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ends.a.out.frames[i].size(), 11 * 1384u) << i;
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == text) << ends.b.seen.sessions[*id].bytes.size();
}

TEST(Channel, NoFrameOfSmallThingsPassesThePacketBudget) {
  ChannelSettings settings;
  settings.packet_budget = 500;
  Ends ends(settings);
  for (int i = 0; i < 200; ++i) {
    auto id = ends.a.channel->OpenSession({"192.0.2.1:" + std::to_string(i), "x"});
    (void)ends.a.channel->SendBytes(*id, AsBytes(Pattern(1 + static_cast<std::size_t>(i))));
    ends.a.channel->SendDatagram(*id, AsBytes(Pattern(3 * static_cast<std::size_t>(i) / 2)));
  }
  ends.Flush(ends.a);
  EXPECT_GT(ends.a.out.frames.size(), 50u);
  for (const Bytes& frame : ends.a.out.frames) EXPECT_LE(frame.size(), 500u);
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions.size(), 200u);
  for (auto& [id, session] : ends.b.seen.sessions) EXPECT_EQ(session.bytes.size(), 1 + id.value());
}

TEST(Channel, HalfCloseLeavesTheOtherDirection) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  (void)ends.a.channel->SendBytes(*id, AsBytes("request"));
  ends.a.channel->SendFin(*id);
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "request");
  EXPECT_EQ(ends.a.channel->SendBytes(*id, AsBytes("more")), 0u);
  EXPECT_EQ(ends.b.channel->SendBytes(*id, AsBytes("answer")), 6u);
  ends.b.channel->SendFin(*id);
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions[*id].bytes, "answer");
  EXPECT_TRUE(ends.a.seen.sessions[*id].fin);
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
  EXPECT_EQ(ends.b.channel->session_count(), 0u);
  EXPECT_FALSE(ends.a.seen.sessions[*id].reset);
  EXPECT_FALSE(ends.b.seen.sessions[*id].reset);
}

TEST(Channel, FinThatOvertakesDataWaits) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendBytes(*id, AsBytes("one"));
  ends.Flush(ends.a);
  (void)ends.a.channel->SendBytes(*id, AsBytes("two"));
  ends.Flush(ends.a);
  ends.a.channel->SendFin(*id);
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 3u);
  ends.Give(ends.b, ends.a.out.Take(2));
  ends.Give(ends.b, ends.a.out.Take(1));
  EXPECT_FALSE(ends.b.seen.sessions[*id].fin);
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "");
  ends.Give(ends.b, ends.a.out.Take(0));
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "onetwo");
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
}

TEST(Channel, MessagesThatOvertakeTheOpeningWait) {
  Ends ends;
  ends.Run();
  auto id = ends.a.channel->OpenSession({});
  ends.Flush(ends.a);
  (void)ends.a.channel->SendBytes(*id, AsBytes("data"));
  ends.a.channel->SendFin(*id);
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 2u);
  ends.Give(ends.b, ends.a.out.Take(1));
  EXPECT_EQ(ends.b.channel->undelivered_bytes(), 4u);
  ends.Give(ends.b, ends.a.out.Take(0));
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "data");
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
  EXPECT_EQ(ends.b.channel->undelivered_bytes(), 0u);
}

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
  // It reads again: the rest comes, through OnWritable alone.
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
  // At most one bulk frame goes before them.
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
  // 100 Mbit/s at 50 ms: 625 kB under way.
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

// --- resets and credit

TEST(Channel, AResetReachesThePeerAndFreesBothEnds) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  (void)ends.a.channel->SendBytes(*id, AsBytes("x"));
  ends.Run();
  ends.a.channel->ResetSession(*id, EndCode::kReset);
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].reset);
  EXPECT_EQ(ends.b.seen.sessions[*id].code, EndCode::kReset);
  EXPECT_FALSE(ends.a.seen.sessions[*id].reset);
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
  EXPECT_EQ(ends.b.channel->session_count(), 0u);
}

TEST(Channel, ResetsThatCrossAreFine) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendBytes(*id, AsBytes("from a"));
  (void)ends.b.channel->SendBytes(*id, AsBytes("from b"));
  ends.a.channel->ResetSession(*id, EndCode::kReset);
  ends.b.channel->ResetSession(*id, EndCode::kTimeout);
  ends.Run();
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
  EXPECT_EQ(ends.b.channel->session_count(), 0u);
  EXPECT_EQ(ends.a.channel->stats().violations + ends.b.channel->stats().violations, 0u);
}

TEST(Channel, AResetThatOvertakesTheOpeningIsNeverAnnounced) {
  Ends ends;
  ends.Run();
  auto id = ends.a.channel->OpenSession({});
  ends.Flush(ends.a);
  ends.a.channel->ResetSession(*id, EndCode::kReset);
  ends.Flush(ends.a);
  ends.Give(ends.b, ends.a.out.Take(1));
  ends.Give(ends.b, ends.a.out.Take(0));
  EXPECT_FALSE(ends.b.seen.sessions[*id].opened);
  EXPECT_FALSE(ends.b.seen.sessions[*id].reset);
  ends.Run();
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
}

TEST(Channel, CreditOfResetSessionsComesBack) {
  // Far more than a channel's credit is thrown away by resets from either side, delivered or not.
  Ends ends;
  ends.Run();
  const std::string text = Pattern(60'000);
  for (int i = 0; i < 200; ++i) {
    auto id = ends.a.channel->OpenSession({});
    ASSERT_TRUE(id) << i;
    if (i % 3 == 0) ends.b.seen.appetite[*id] = 100;
    ASSERT_EQ(ends.a.channel->SendBytes(*id, AsBytes(text)), text.size()) << i;
    if (i % 2) {
      ends.Flush(ends.a);
      if (i % 4 == 3) ends.Give(ends.b, ends.a.out.Take());
      (i % 4 == 1 ? ends.a : ends.b).channel->ResetSession(*id, EndCode::kReset);
    } else {
      ends.Run();
      ends.b.channel->ResetSession(*id, EndCode::kReset);
    }
    ends.Run();
  }
  EXPECT_EQ(ends.a.channel->session_count(), 0u);
  EXPECT_EQ(ends.b.channel->undelivered_bytes(), 0u);
  auto last = ends.a.channel->OpenSession({});
  const std::string much = Pattern(2'000'000);
  EXPECT_EQ(SendAll(ends, ends.a, *last, much), much.size());
  EXPECT_TRUE(ends.b.seen.sessions[*last].bytes == much)
      << ends.b.seen.sessions[*last].bytes.size();
}

TEST(Channel, CreditComesBackWhenAResetMeetsAFinishedSession) {
  // b has sent all and FIN, a has too; b then resets before it delivered a's data: a knows nothing
  // any more.
  Ends ends;
  ends.Run();
  const std::string text = Pattern(60'000);
  for (int i = 0; i < 50; ++i) {
    auto id = ends.a.channel->OpenSession({});
    ASSERT_TRUE(id);
    ends.b.seen.appetite[*id] = 0;
    ASSERT_EQ(ends.a.channel->SendBytes(*id, AsBytes(text)), text.size()) << i;
    ends.a.channel->SendFin(*id);
    ends.Run();
    ends.b.channel->SendFin(*id);
    ends.Run();
    EXPECT_EQ(ends.a.channel->session_count(), 0u);
    ends.b.channel->ResetSession(*id, EndCode::kReset);
    ends.Run();
    EXPECT_EQ(ends.b.channel->session_count(), 0u);
  }
}

TEST(Channel, ManyStuckReadersDoNotStopOneThatReads) {
  Ends ends;
  ends.Run();
  const std::string text = Pattern(60'000);
  for (int i = 0; i < 10; ++i) {
    auto id = ends.a.channel->OpenSession({});
    ends.b.seen.appetite[*id] = 0;
    (void)ends.a.channel->SendBytes(*id, AsBytes(text));
    ends.Run();
  }
  auto id = ends.a.channel->OpenSession({});
  const std::string much = Pattern(1'000'000);
  EXPECT_EQ(SendAll(ends, ends.a, *id, much), much.size());
}

TEST(Channel, TheSessionLimitHoldsAndRises) {
  ChannelSettings few;
  few.max_sessions = 2000;
  Ends ends(few);
  std::vector<SessionId> ids;
  while (auto id = ends.a.channel->OpenSession({})) ids.push_back(*id);
  EXPECT_EQ(ids.size(), 1024u);  // what any peer grants before it has said more
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions_available, 1);
  while (auto id = ends.a.channel->OpenSession({})) ids.push_back(*id);
  EXPECT_EQ(ids.size(), 2000u);
  ends.Run();
  for (int i = 0; i < 500; ++i) ends.a.channel->EndSession(ids[static_cast<std::size_t>(i)]);
  ends.Run();
  std::size_t more = 0;
  while (ends.a.channel->OpenSession({})) ++more;
  EXPECT_EQ(more, 500u);
  ends.Run();
  EXPECT_EQ(ends.b.channel->session_count(), 2000u);
  EXPECT_EQ(ends.b.channel->stats().violations, 0u);
}

TEST(Channel, AReceiverOfFewSessionsResetsTheRest) {
  ChannelSettings few;
  few.max_sessions = 10;
  Ends ends(ChannelSettings{}, few);
  std::vector<SessionId> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(*ends.a.channel->OpenSession({}));
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions[ids[11]].code, EndCode::kLimit);
  EXPECT_TRUE(ends.a.seen.sessions[ids[11]].reset);
  EXPECT_FALSE(ends.b.seen.sessions[ids[11]].opened);
  EXPECT_EQ(ends.b.channel->session_count(), 10u);
}

TEST(Channel, ACallbackMayEndItsOwnSession) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.b.seen.on_message = [&](SessionId session) {
    ends.b.channel->ResetSession(session, EndCode::kReset);
  };
  const std::string text = Pattern(60'000);
  (void)ends.a.channel->SendBytes(*id, AsBytes(text));
  ends.Run();
  EXPECT_TRUE(ends.a.seen.sessions[*id].reset);
  EXPECT_EQ(ends.a.channel->session_count() + ends.b.channel->session_count(), 0u);
}

TEST(Channel, ACallbackMayCloseTheChannel) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.b.seen.on_message = [&](SessionId) { ends.b.channel->Close(EndCode::kShutdown, "bye"); };
  (void)ends.a.channel->SendBytes(*id, AsBytes("x"));
  ends.Run();
  EXPECT_EQ(ends.b.channel->state(), State::kEnded);
  EXPECT_EQ(ends.a.channel->state(), State::kEnded);
}

// --- messages with an order of their own

TEST(Channel, FreeMessagesPassALostOne) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  std::optional<std::uint64_t> bind;
  for (const char* text : {"bind", "search1", "search2"}) {
    auto number = ends.a.channel->SendMessage(*id, AsBytes(text), Order::kFree);
    if (!bind) bind = number;
    ends.Flush(ends.a);
  }
  (void)ends.a.channel->SendMessage(*id, AsBytes("after bind"), Order::kFollows, *bind);
  ends.Flush(ends.a);
  ASSERT_EQ(ends.a.out.frames.size(), 4u);
  const Bytes lost = ends.a.out.Take(0);
  ends.Deliver(ends.a);
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "search1search2");
  ends.Give(ends.b, lost);
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "search1search2bindafter bind");
}

TEST(Channel, ALargeMessageIsOneUnit) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  const std::string large = Pattern(50'000);
  EXPECT_TRUE(ends.a.channel->SendMessage(*id, AsBytes(large), Order::kFree));
  EXPECT_TRUE(ends.a.channel->SendMessage(*id, AsBytes("small"), Order::kFree));
  ends.Flush(ends.a);
  ASSERT_GE(ends.a.out.frames.size(), 4u);
  std::reverse(ends.a.out.frames.begin(), ends.a.out.frames.end());
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == "small" + large)
      << ends.b.seen.sessions[*id].bytes.size();
  ends.a.channel->SendFin(*id);
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
}

TEST(Channel, MessagesLargerThanAllCreditStillGetThrough) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  const std::string large = Pattern(200'000);
  std::string expected;
  for (int i = 0; i < 5; ++i) {
    for (int tries = 0; tries < 100; ++tries) {
      if (ends.a.channel->SendMessage(*id, AsBytes(large), Order::kFree)) break;
      ends.Run();
    }
    expected += large;
  }
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == expected)
      << ends.b.seen.sessions[*id].bytes.size();
}

// --- pings, hello

TEST(Channel, PingMeasuresTheRoundTrip) {
  Ends ends;
  ends.Run();
  ends.a.channel->Ping(42, ends.now);
  ends.Flush(ends.a);
  ends.now += std::chrono::milliseconds(30);
  ends.Deliver(ends.a);
  ends.Flush(ends.b);
  ends.now += std::chrono::milliseconds(20);
  ends.Deliver(ends.b);
  ASSERT_TRUE(ends.a.seen.pongs.contains(42));
  EXPECT_EQ(ends.a.seen.pongs[42], std::chrono::milliseconds(50));
}

TEST(Channel, AnIdleChannelWithSessionsIsProbedAndASilentPeerEndsIt) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  ends.Pass(std::chrono::seconds(31));
  EXPECT_TRUE(ends.a.channel->WantsFlush());
  ends.Run();
  ends.Pass(std::chrono::seconds(31));
  ends.Flush(ends.a);  // never delivered
  ends.a.out.frames.clear();
  ends.Pass(std::chrono::seconds(61));
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_EQ(ends.a.seen.ended[0].code, EndCode::kTimeout);
  EXPECT_FALSE(ends.a.seen.ended[0].clean);
  EXPECT_TRUE(ends.a.seen.sessions[*id].reset);
}

TEST(Channel, HelloIsForThePeerChannelOnly) {
  Ends ends;
  ends.b.seen.takes_hello = true;
  ends.a.channel->SendHello(AsBytes("tlvs"));
  ends.Run();
  EXPECT_EQ(ends.b.seen.hellos, std::vector<std::string>{"tlvs"});
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
  ends.b.channel->SendHello(AsBytes("tlvs"));
  ends.Run();
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_EQ(ends.a.seen.ended[0].code, EndCode::kProtocol);
}

TEST(Channel, TenThousandFlowsInOneChannel) {
  Ends ends;
  ends.Run();
  std::vector<SessionId> ids;
  for (int i = 0; i < 10'000; ++i) {
    auto id = ends.a.channel->OpenSession({"192.0.2.1:1", ""});
    ASSERT_TRUE(id);
    ids.push_back(*id);
    ends.a.channel->SendDatagram(*id, AsBytes("q"));
  }
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions.size(), ids.size());
  for (SessionId id : ids) ends.b.channel->SendDatagram(id, AsBytes("a"));
  ends.Run();
  EXPECT_EQ(ends.a.seen.sessions.size(), ids.size());
}

}  // namespace
}  // namespace funnel::wire::testing
