// New keys under way.
#include <gtest/gtest.h>

#include "tests/unit/wire/ends.h"

namespace funnel::wire::testing {
namespace {

using State = Channel::State;
using std::chrono::seconds;

// Both owners answer as authd would; keys are numbered by epoch.
class RekeyEnds : public Ends {
 public:
  explicit RekeyEnds(const ChannelSettings& settings = {}) : Ends(settings) {
    a.seen.on_rekey_due = [this](Epoch) {
      if (authd_fails) return a.channel->RekeyFailed();
      a.channel->StartRekey(AsBytes("token"));
    };
    b.seen.on_rekey_token = [this](Epoch next, ByteView) {
      if (acceptor_refuses) return b.channel->RekeyFailed();
      b.channel->AnswerRekey(AsBytes("reply"), Keys(next, Role::kAcceptor));
    };
    a.seen.on_rekey_token = [this](Epoch next, ByteView) {
      if (reply_is_bad) return a.channel->RekeyFailed();
      a.channel->InstallEpoch(Keys(next, Role::kInitiator));
    };
  }
  EpochKeys Keys(Epoch next, Role role) {
    const std::uint64_t key = 7 + next.value();
    EpochKeys keys = ToyKeys(key, role, BootTime{boot.since_boot + life});
    if (role == Role::kInitiator && wrong_confirm) keys.confirm.assign(32, 0xFF);
    return keys;
  }
  void PassTo80Percent() {
    for (int i = 0; i < 1450; ++i) {
      Pass(seconds(20));
      Run();
    }
  }

  bool authd_fails = false, acceptor_refuses = false, reply_is_bad = false, wrong_confirm = false;
  Duration life = seconds(36000);
};

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
