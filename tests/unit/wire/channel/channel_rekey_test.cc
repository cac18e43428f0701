// New keys under way.
#include <gtest/gtest.h>

#include "tests/unit/wire/channel/rekey_ends.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;
using std::chrono::seconds;

TEST(Rekey, HappensAtFourFifthsOfTheLife) {
  RekeyEnds ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  for (int i = 0; i < 1439; ++i) {
    ends.Pass(seconds(20));
    ends.Run();
  }
  EXPECT_TRUE(ends.a.seen.rekeys_due.empty());
  ends.Pass(seconds(21));
  EXPECT_EQ(ends.a.seen.rekeys_due, std::vector<Epoch>{Epoch(1)});
  ends.Run();
  EXPECT_EQ(ends.a.channel->epoch(), Epoch(1));
  EXPECT_EQ(ends.b.channel->epoch(), Epoch(1));
  EXPECT_EQ(ends.a.channel->SendBytes(*id, AsBytes("on")), 2u);
  ends.Run();
  EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "on");
  // The new life counts from here.
  ends.Pass(seconds(7200));
  EXPECT_EQ(ends.a.channel->state(), State::kOpen);
}

TEST(Rekey, HappensAfterSoManyFramesOrBytes) {
  ChannelSettings settings;
  settings.rekey_after_frames = 100;
  RekeyEnds ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  for (int i = 0; i < 1000; ++i) {
    ends.b.channel->SendDatagram(*id, AsBytes("x"));
    ends.Run();
    ends.Pass(std::chrono::milliseconds(1));
  }
  EXPECT_GE(ends.a.channel->epoch().value(), 9);
  EXPECT_EQ(ends.a.seen.sessions[*id].datagrams.size(), 1000u);

  ChannelSettings by_bytes;
  by_bytes.rekey_after_bytes = 100'000;
  RekeyEnds other(by_bytes);
  id = other.a.channel->OpenSession({});
  const std::string text = Pattern(60'000);
  for (int i = 0; i < 20; ++i) {
    (void)other.a.channel->SendBytes(*id, AsBytes(text));
    other.Run();
    other.Pass(std::chrono::milliseconds(1));
  }
  EXPECT_GE(other.a.channel->epoch().value(), 5);
}

// All frames are delivered newest first, so that old and new epochs mix thoroughly.
TEST(Rekey, UnderTrafficThatIsReordered) {
  ChannelSettings settings;
  settings.rekey_after_frames = 40;
  RekeyEnds ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  std::string up, down;

  for (unsigned i = 0; i < 600; ++i) {
    const std::string piece = Pattern(1 + i * 37 % 3000, i);
    const std::size_t taken_up = ends.a.channel->SendBytes(*id, AsBytes(piece));
    const std::size_t taken_down = ends.b.channel->SendBytes(*id, AsBytes(piece));
    up += piece.substr(0, taken_up);
    down += piece.substr(0, taken_down);
    ends.Flush(ends.a);
    ends.Flush(ends.b);
    ends.Pass(std::chrono::milliseconds(1));
    if (i % 7 == 0) {
      for (End* end : {&ends.a, &ends.b})
        while (!end->out.frames.empty())
          ends.Give(ends.Other(*end), end->out.Take(end->out.frames.size() - 1));
    }
  }

  ends.Run();
  EXPECT_GT(ends.a.channel->epoch().value(), 10);
  EXPECT_TRUE(ends.b.seen.sessions[*id].bytes == up) << ends.b.seen.sessions[*id].bytes.size();
  EXPECT_TRUE(ends.a.seen.sessions[*id].bytes == down) << ends.a.seen.sessions[*id].bytes.size();
  EXPECT_EQ(ends.a.channel->stats().violations + ends.b.channel->stats().violations, 0u);
}

TEST(Rekey, LostDatagramsOfTheOldEpochHoldNothingUp) {
  ChannelSettings settings;
  settings.lifetime = seconds(1);
  RekeyEnds ends(settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  ends.a.channel->SendDatagram(*id, AsBytes("lost"));
  ends.Flush(ends.a);
  ends.a.out.frames.clear();
  ends.PassTo80Percent();
  EXPECT_EQ(ends.b.channel->epoch(), Epoch(1));
  for (int i = 0; i < 10; ++i) {
    ends.Pass(seconds(20));
    ends.Run();
  }
  EXPECT_EQ(ends.b.channel->state(), State::kOpen);
}

TEST(Rekey, AReliableFrameMissingFromTheOldEpochTruncates) {
  RekeyEnds ends;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  for (int i = 0; i < 1439; ++i) {
    ends.Pass(seconds(20));
    ends.Run();
  }

  ends.Pass(seconds(21));
  ends.Flush(ends.a);
  ends.Deliver(ends.a);
  ends.Flush(ends.b);
  (void)ends.a.channel->SendBytes(*id, AsBytes("lost"));
  ends.Flush(ends.a);
  ends.a.out.frames.clear();  // the last frame of the old epoch

  ends.Run();
  EXPECT_EQ(ends.b.channel->epoch(), Epoch(1));
  for (int i = 0; i < 4; ++i) {
    ends.Pass(seconds(20));
    ends.Run();
  }

  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kTruncated);
}

TEST(Rekey, OldKeysGoWhenAllOfTheirFramesHaveCome) {
  RekeyEnds ends;
  ends.Run();
  ends.a.channel->Ping(1, ends.now);
  ends.Flush(ends.a);
  const Bytes old = ends.a.out.frames[0];
  ends.Run();
  ends.PassTo80Percent();
  EXPECT_EQ(ends.b.channel->epoch(), Epoch(1));
  const auto before = ends.b.channel->stats().wrong_epoch;
  ends.Give(ends.b, old);
  EXPECT_EQ(ends.b.channel->stats().wrong_epoch, before + 1);
}

TEST(Rekey, AFarewellInTheMiddleOfARekeyIsClean) {
  // b sends FAREWELL in the old epoch while a is in the new one already.
  RekeyEnds ends;
  ends.Run();
  for (int i = 0; i < 1439; ++i) ends.Pass(seconds(20));
  ends.Pass(seconds(21));
  ends.Flush(ends.a);
  ends.Deliver(ends.a);
  ends.Flush(ends.b);
  ends.Deliver(ends.b);  // the answer: a is in epoch 1
  EXPECT_EQ(ends.a.channel->epoch(), Epoch(1));
  ends.b.channel->Close(EndCode::kShutdown, "");
  ends.Flush(ends.b);
  ends.Deliver(ends.b);
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_TRUE(ends.a.seen.ended[0].clean);
}

TEST(Rekey, OneAtATime) {
  Ends ends;
  Rogue rogue(Role::kInitiator);
  Bytes raw;
  AppendRecord(raw, RekeyRecord{AsBytes("one")});
  ends.Give(ends.b, rogue.Next(raw));
  EXPECT_EQ(ends.b.seen.rekey_tokens.size(), 1u);
  ends.Give(ends.b, rogue.Next(raw));
  EXPECT_EQ(ends.b.channel->state(), State::kClosing);
}

}  // namespace
}  // namespace funnel::wire::testing
