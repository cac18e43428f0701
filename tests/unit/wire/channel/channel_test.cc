// A channel's sessions, datagrams, streams and credit, two ends back to back.
#include "common/wire/channel/channel.h"

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
  // SEALED is unordered: every frame has CONFIRM until the other end is known to have it.
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

TEST(Channel, DatagramsWaitForTheirSessionWithinALimit) {
  ChannelSettings settings;
  settings.lifetime = std::chrono::seconds(5);
  Ends ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Flush(ends.a);
  const Bytes opening = ends.a.out.Take();
  for (int i = 0; i < 6; ++i) ends.a.channel->SendDatagram(*id, Bytes(60'000));
  ends.Flush(ends.a);
  ends.Deliver(ends.a);
  EXPECT_EQ(ends.b.channel->stats().datagrams_dropped, 2u);
  ends.Give(ends.b, opening);
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 4u);
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

TEST(Channel, EveryPingIsAnswered) {
  Ends ends;
  (void)ends.a.channel->OpenSession({});
  ends.Run();
  ends.Pass(std::chrono::seconds(31));  // a PING of the channel's own waits
  ends.a.channel->Ping(7, ends.now);
  ends.Run();
  EXPECT_TRUE(ends.a.seen.pongs.contains(7));
  ends.Pass(std::chrono::seconds(29));
  ends.Run();
  EXPECT_EQ(ends.a.channel->state(), State::kOpen);
}

TEST(Channel, ASlowPathIsNotASilentPeer) {
  // Everything that a sends arrives 80 s later; b's frames still arrive.
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  for (int i = 0; i < 30; ++i) {
    ends.Pass(std::chrono::seconds(10));
    ends.a.channel->SendDatagram(*id, AsBytes("x"));
    ends.Flush(ends.a);
    if (i >= 8 || i == 2 || i == 5) ends.Give(ends.b, ends.a.out.Take());
    ends.b.channel->SendDatagram(*id, AsBytes("x"));
    ends.Flush(ends.b);
    ends.Deliver(ends.b);
  }
  EXPECT_EQ(ends.a.channel->state(), State::kOpen);
  ends.Run();
  EXPECT_EQ(ends.a.channel->state(), State::kOpen);
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
