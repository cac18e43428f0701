// Byte streams.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

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

}  // namespace
}  // namespace funnel::wire::testing
