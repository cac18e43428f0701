// Rekeys that fail, and keys that nothing replaces.
#include <gtest/gtest.h>

#include "tests/unit/wire/channel/rekey_ends.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;
using std::chrono::seconds;

// Whatever the reason is: authd here, the far end there, or an initiator that does not rekey.
TEST(Rekey, AKeyThatNothingReplacesEndsTheChannelInOrder) {
  for (const int who : {0, 1, 2}) {
    ChannelSettings settings;
    settings.rekey_after_frames = who == 2 ? 1'000'000 : 100;
    settings.max_key_frames = 200;
    RekeyEnds ends(settings);
    ends.authd_fails = who == 0;
    ends.acceptor_refuses = who == 1;

    auto id = ends.a.channel->OpenSession({});
    ends.Run();
    for (int i = 0; i < 140; ++i) {
      ends.b.channel->SendDatagram(*id, AsBytes("x"));
      ends.Run();
      ends.Pass(std::chrono::milliseconds(1));
    }

    EXPECT_EQ(ends.a.channel->state(), State::kOpen) << who;
    for (int i = 0; i < 60; ++i) {
      ends.b.channel->SendDatagram(*id, AsBytes("x"));
      ends.Run();
      ends.Pass(std::chrono::milliseconds(1));
    }

    for (End* end : {&ends.a, &ends.b}) {
      EXPECT_EQ(end->channel->state(), State::kEnded) << who;
      ASSERT_EQ(end->seen.ended.size(), 1u) << who;
      EXPECT_EQ(end->seen.ended[0].code, EndCode::kExpired);
      EXPECT_TRUE(end->seen.ended[0].clean);
      EXPECT_LE(end->channel->stats().frames_sent + end->channel->stats().frames_received, 210u);
    }
    EXPECT_EQ(ends.a.channel->stats().keys_worn_out, 1u) << "the initiator is first";
    EXPECT_EQ(ends.b.channel->stats().keys_worn_out, 0u);
    EXPECT_GE(ends.a.seen.sessions[*id].datagrams.size(), 140u);
  }
}

// An initiator of version 0.1.0.
TEST(Rekey, AnInitiatorThatKnowsNoLimitIsStoppedByTheAcceptor) {
  ChannelSettings settings;
  settings.max_key_frames = 200;
  Ends ends(ChannelSettings{}, settings);
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  for (int i = 0; i < 210; ++i) {
    ends.b.channel->SendDatagram(*id, AsBytes("x"));
    ends.Run();
    ends.Pass(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(ends.b.channel->stats().keys_worn_out, 1u);
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_EQ(ends.a.seen.ended[0].code, EndCode::kExpired);
  EXPECT_TRUE(ends.a.seen.ended[0].clean);
}

TEST(Rekey, BytesWearAKeyOutToo) {
  ChannelSettings settings;
  settings.rekey_after_bytes = 100'000;
  settings.max_key_bytes = 200'000;
  RekeyEnds ends(settings);
  ends.authd_fails = true;
  auto id = ends.a.channel->OpenSession({});
  ends.Run();
  const std::string text = Pattern(30'000);
  for (int i = 0; i < 10 && ends.a.channel->state() == State::kOpen; ++i) {
    (void)ends.a.channel->SendBytes(*id, AsBytes(text));
    ends.Run();
    ends.Pass(std::chrono::milliseconds(1));
  }
  ends.Run();
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kExpired);
  EXPECT_TRUE(ends.b.seen.ended[0].clean);
  EXPECT_GE(ends.a.channel->stats().keys_worn_out + ends.b.channel->stats().keys_worn_out, 1u);
  EXPECT_GE(ends.b.seen.sessions[*id].bytes.size(), 150'000u);
}

// Its owner relies on OnEpochInUse: until then the next REKEY is bound to the epoch that is in use
// at both ends.
TEST(Rekey, AnAnswerThatTheInitiatorCannotUseChangesNothing) {
  RekeyEnds ends;
  ends.reply_is_bad = true;
  ends.PassTo80Percent();
  const std::size_t asked = ends.b.seen.rekey_tokens.size();
  EXPECT_GE(asked, 1u);
  EXPECT_TRUE(ends.a.seen.epochs_in_use.empty());
  EXPECT_TRUE(ends.b.seen.epochs_in_use.empty());
  ends.reply_is_bad = false;
  for (int i = 0; i < 2; ++i) {  // it tries again after rekey_retry
    ends.Pass(seconds(20));
    ends.Run();
  }
  EXPECT_EQ(ends.b.seen.rekey_tokens.size(), asked + 1);
  EXPECT_EQ(ends.a.seen.epochs_in_use, std::vector<Epoch>{Epoch(1)});
  EXPECT_EQ(ends.b.seen.epochs_in_use, std::vector<Epoch>{Epoch(1)});
}

TEST(Rekey, AFailureLeavesTheOldEpochAndIsTriedAgain) {
  for (int kind = 0; kind < 3; ++kind) {
    RekeyEnds ends;
    (kind == 0 ? ends.authd_fails : kind == 1 ? ends.acceptor_refuses : ends.reply_is_bad) = true;
    auto id = ends.a.channel->OpenSession({});
    ends.PassTo80Percent();
    EXPECT_GE(ends.a.seen.rekeys_due.size(), 2u) << kind;
    EXPECT_EQ(ends.a.channel->epoch(), Epoch(0)) << kind;
    EXPECT_EQ(ends.a.seen.rekeys_refused > 0, kind == 1) << kind;
    EXPECT_EQ(ends.a.channel->SendBytes(*id, AsBytes("on")), 2u);
    ends.Run();
    EXPECT_EQ(ends.b.seen.sessions[*id].bytes, "on");
    ends.authd_fails = ends.acceptor_refuses = ends.reply_is_bad = false;
    for (int i = 0; i < 3; ++i) {
      ends.Pass(seconds(20));
      ends.Run();
    }
    EXPECT_EQ(ends.a.channel->epoch(), Epoch(1)) << kind;
    EXPECT_EQ(ends.b.channel->epoch(), Epoch(1)) << kind;
  }
}

TEST(Rekey, AFailureForGoodEndsAtTheOldEpochsLimit) {
  RekeyEnds ends;
  ends.authd_fails = true;
  (void)ends.a.channel->OpenSession({});
  ends.PassTo80Percent();
  for (int i = 0; i < 400; ++i) {
    ends.Pass(seconds(20));
    ends.Run();
  }
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_EQ(ends.a.seen.ended[0].code, EndCode::kExpired);
  EXPECT_EQ(ends.b.seen.ended.size(), 1u);
}

TEST(Rekey, ADifferentExchangeIsCaughtByConfirm) {
  RekeyEnds ends;
  ends.wrong_confirm = true;
  (void)ends.a.channel->OpenSession({});
  ends.PassTo80Percent();
  ASSERT_EQ(ends.b.seen.ended.size(), 1u);
  EXPECT_EQ(ends.b.seen.ended[0].code, EndCode::kProtocol);
  EXPECT_FALSE(ends.b.seen.ended[0].clean);
}

TEST(Rekey, Epoch65535EndsTheChannel) {
  ChannelSettings settings;
  settings.rekey_after_frames = 1;
  RekeyEnds ends(settings);
  ends.Run();
  for (int i = 0; i < 70'000 && ends.a.channel->state() == State::kOpen; ++i) {
    ends.Pass(std::chrono::milliseconds(1));
    ends.Run();
  }
  EXPECT_EQ(ends.a.channel->epoch(), Epoch(65534));
  ASSERT_EQ(ends.a.seen.ended.size(), 1u);
  EXPECT_EQ(ends.a.seen.ended[0].code, EndCode::kExpired);
  EXPECT_TRUE(ends.b.seen.ended[0].clean);
}

}  // namespace
}  // namespace funnel::wire::testing
