// How channels end, and that truncation never looks like a clean end.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;
using std::chrono::seconds;

const Recorder::Ended& EndOf(const End& end) {
  static const Recorder::Ended none{EndCode::kNone, "has not ended", false};
  return end.seen.ended.empty() ? none : end.seen.ended[0];
}

TEST(ChannelEnd, AFarewellEndsBothCleanly) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  ends.a.channel->SendDatagram(*id, AsBytes("last words"));
  ends.a.channel->Close(EndCode::kShutdown, "going down");
  EXPECT_TRUE(ends.a.seen.sessions[*id].reset);
  EXPECT_EQ(ends.a.channel->state(), State::kClosing);
  EXPECT_FALSE(ends.a.channel->OpenSession({}));
  ends.Run();
  for (End* end : {&ends.a, &ends.b}) {
    ASSERT_EQ(end->seen.ended.size(), 1u);
    EXPECT_TRUE(EndOf(*end).clean);
    EXPECT_EQ(EndOf(*end).code, EndCode::kShutdown);
    EXPECT_EQ(EndOf(*end).text, "going down");
    EXPECT_FALSE(end->channel->NextTimer());
    EXPECT_FALSE(end->channel->WantsFlush());
  }
  EXPECT_EQ(ends.b.seen.sessions[*id].datagrams.size(), 1u);
  EXPECT_TRUE(ends.b.seen.sessions[*id].reset);
}

TEST(ChannelEnd, AForgedEndIsTruncation) {
  for (bool abrupt : {true, false}) {
    Ends ends;
    auto id = ends.a.channel->OpenSession({});
    (void)ends.a.channel->SendBytes(*id, AsBytes("half a sen"));
    ends.Run();
    ends.b.channel->OnLinkClosed(abrupt, ends.now);
    if (!abrupt) {
      EXPECT_TRUE(ends.b.seen.ended.empty());
      ends.Pass(seconds(6));
    }
    ASSERT_EQ(ends.b.seen.ended.size(), 1u);
    EXPECT_FALSE(EndOf(ends.b).clean);
    EXPECT_EQ(EndOf(ends.b).code, EndCode::kTruncated);
    EXPECT_TRUE(ends.b.seen.sessions[*id].reset);
    EXPECT_FALSE(ends.b.seen.sessions[*id].fin);
  }
}

TEST(ChannelEnd, AFarewellThatClosedOvertookIsWaitedFor) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();

  (void)ends.a.channel->SendBytes(*id, AsBytes("all of it"));
  ends.a.channel->SendFin(*id);
  ends.b.channel->SendFin(*id);
  ends.Flush(ends.b);
  ends.Deliver(ends.b);
  ends.Flush(ends.a);
  ends.a.channel->Close(EndCode::kShutdown, "");
  ends.Flush(ends.a);

  ASSERT_EQ(ends.a.out.frames.size(), 2u);
  ends.b.channel->OnLinkClosed(/*abrupt=*/false, ends.now);
  EXPECT_TRUE(ends.b.seen.ended.empty());
  ends.Give(ends.b, ends.a.out.Take(1));  // FAREWELL
  EXPECT_TRUE(ends.b.seen.ended.empty());
  ends.Give(ends.b, ends.a.out.Take(0));  // data and FIN

  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "all of it");
  EXPECT_TRUE(ends.b.seen.sessions[*id].fin);
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_TRUE(EndOf(ends.b).clean);
}

TEST(ChannelEnd, AFarewellWithoutWhatItPromisesIsTruncation) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  (void)ends.a.channel->SendBytes(*id, AsBytes("lost"));
  ends.Flush(ends.a);
  ends.a.out.frames.clear();
  ends.a.channel->Close(EndCode::kShutdown, "");
  ends.Run();
  EXPECT_TRUE(ends.b.seen.ended.empty());
  ends.Pass(seconds(61));
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_FALSE(EndOf(ends.b).clean);
}

TEST(ChannelEnd, ASlowReaderStillGetsWhatCameBeforeTheFarewell) {
  Ends ends;
  auto done = ends.a.channel->OpenSession({});
  auto open = ends.a.channel->OpenSession({});

  ends.b.seen.appetite[*done] = 3;
  (void)ends.a.channel->SendBytes(*done, AsBytes("complete"));
  (void)ends.a.channel->SendBytes(*open, AsBytes("not complete"));
  ends.a.channel->SendFin(*done);
  ends.Run();

  ends.b.channel->SendFin(*done);
  ends.Run();
  EXPECT_EQ(ends.a.channel->session_count(), 1u);  // a session with both FINs is over for a

  ends.a.channel->Close(EndCode::kShutdown, "");
  ends.Run();
  EXPECT_TRUE(ends.b.seen.sessions[*open].reset);
  EXPECT_FALSE(ends.b.seen.sessions[*done].reset);
  EXPECT_TRUE(ends.b.seen.ended.empty());
  EXPECT_EQ(ends.b.seen.draining, std::vector<EndCode>{EndCode::kShutdown});
  EXPECT_TRUE(ends.b.channel->is_draining());
  EXPECT_FALSE(ends.b.channel->takes_sessions());

  ends.b.channel->OnLinkClosed(/*abrupt=*/true, ends.now);
  EXPECT_TRUE(ends.b.seen.ended.empty());

  ends.b.seen.appetite.clear();
  ends.b.channel->Resume(*done);
  EXPECT_EQ(ends.b.seen.sessions[*done].bytes, "complete");
  EXPECT_TRUE(ends.b.seen.sessions[*done].fin);
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_TRUE(EndOf(ends.b).clean);
}

TEST(ChannelEnd, AReaderThatNeverReadsEndsAtLast) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.b.seen.appetite[*id] = 3;
  (void)ends.a.channel->SendBytes(*id, AsBytes("complete"));
  ends.a.channel->SendFin(*id);
  ends.Run();
  ends.b.channel->SendFin(*id);
  ends.Run();
  ends.a.channel->Close(EndCode::kShutdown, "");
  ends.Run();
  ends.Pass(seconds(61));
  EXPECT_TRUE(ends.b.seen.sessions[*id].reset);
  EXPECT_EQ(ends.b.seen.ended.size(), 1u);
}

TEST(ChannelEnd, WhatDrainsCanBeGivenUp) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.b.seen.appetite[*id] = 3;
  (void)ends.a.channel->SendBytes(*id, AsBytes("complete"));
  ends.a.channel->SendFin(*id);
  ends.b.channel->SendFin(*id);
  ends.Run();
  ends.a.channel->Close(EndCode::kShutdown, "");
  ends.Run();
  ends.b.channel->Close(EndCode::kShutdown, "");
  EXPECT_TRUE(ends.b.seen.sessions[*id].reset);
  EXPECT_EQ(ends.b.seen.ended.size(), 1u);
}

TEST(ChannelEnd, AFarEndThatNeverConfirmsEndsTheChannel) {
  Ends ends;
  ends.Flush(ends.a);
  ends.a.out.frames.clear();
  ends.Pass(seconds(59));
  EXPECT_TRUE(ends.a.seen.ended.empty());
  ends.Pass(seconds(1));
  for (End* end : {&ends.a, &ends.b}) {
    ASSERT_EQ(end->seen.ended.size(), 1u);
    EXPECT_EQ(EndOf(*end).code, EndCode::kTimeout);
    EXPECT_FALSE(EndOf(*end).clean);
  }
}

TEST(ChannelEnd, AFarewellThatFindsNoRoomEndsByItself) {
  Ends ends;
  ends.Run();
  ends.a.out.room = 0;
  ends.a.channel->Close(EndCode::kShutdown, "");
  EXPECT_FALSE(ends.Flush(ends.a));
  ends.Pass(seconds(6));
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_FALSE(EndOf(ends.a).clean);
}

TEST(ChannelEnd, AnAcceptorThatCannotSealYetJustEnds) {
  Ends ends;
  ends.b.channel->Close(EndCode::kRevoked, "");
  ends.Flush(ends.b);
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(EndOf(ends.b).code, EndCode::kRevoked);
  EXPECT_TRUE(ends.b.out.frames.empty());
}

TEST(ChannelEnd, BothCanCloseAtOnce) {
  Ends ends;
  ends.Run();
  ends.a.channel->Close(EndCode::kShutdown, "a");
  ends.b.channel->Close(EndCode::kShutdown, "b");
  ends.Run();
  EXPECT_TRUE(EndOf(ends.a).clean);
  EXPECT_TRUE(EndOf(ends.b).clean);
}

TEST(ChannelEnd, NothingIsSentOverAClosedLink) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  ends.a.channel->OnLinkClosed(/*abrupt=*/false, ends.now);
  (void)ends.a.channel->SendDatagram(*id, AsBytes("x"));
  EXPECT_FALSE(ends.a.channel->WantsFlush());
  EXPECT_TRUE(ends.Flush(ends.a));
  EXPECT_TRUE(ends.a.out.frames.empty());
  EXPECT_FALSE(ends.a.channel->OpenSession({}));
}

TEST(ChannelEnd, BothEndsCloseCleanlyWithinAMinuteOfExpiry) {
  Ends ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  const Duration life = seconds(36000);
  while (ends.now < TimePoint(seconds(1000)) + life + seconds(40)) {
    ends.Pass(seconds(20));
    ends.Run();
    ASSERT_EQ(ends.a.channel->state(), State::kOpen);
  }
  ends.Pass(seconds(10));
  ends.Run();
  for (End* end : {&ends.a, &ends.b}) {
    ASSERT_EQ(end->seen.ended.size(), 1u);
    EXPECT_EQ(EndOf(*end).code, EndCode::kExpired);
    EXPECT_TRUE(EndOf(*end).clean);
    EXPECT_TRUE(end->seen.sessions[*id].reset);
  }
}

// A frame that cannot be sent must not keep the timer busy.
TEST(ChannelEnd, AFarewellOfExpiryThatFindsNoRoomWaitsForItsDeadline) {
  Ends ends;
  ends.Run();
  ends.a.out.room = 0;
  ends.Pass(seconds(36050));
  EXPECT_EQ(ends.a.channel->state(), State::kClosing);
  ASSERT_TRUE(ends.a.channel->NextTimer());
  EXPECT_GT(*ends.a.channel->NextTimer(), ends.now);
  ends.Pass(seconds(5));
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_FALSE(EndOf(ends.a).clean);
}

TEST(ChannelEnd, NoFrameIsTakenOrSealedWithADeadKey) {
  Ends ends;
  ends.Run();
  ends.a.channel->Ping(1, ends.now);
  ends.Flush(ends.a);
  ends.boot.since_boot += seconds(36061);  // the machine slept: no timer ran
  ends.Deliver(ends.a);
  EXPECT_EQ(ends.b.channel->stats().wrong_epoch, 1u);
  ends.a.channel->Ping(2, ends.now);
  ends.Flush(ends.a);
  EXPECT_TRUE(ends.a.out.frames.empty());
  EXPECT_EQ(EndOf(ends.a).code, EndCode::kExpired);
}

}  // namespace
}  // namespace funnel::wire::testing
