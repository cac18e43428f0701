#include "common/wire/channel/rekeying.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/wire/start.h"
#include "tests/unit/wire/toy_cipher.h"

namespace funnel::wire {
namespace {

using std::chrono::seconds;

constexpr BootTime kBoot{seconds(1000)};

EpochKeys Keys(std::uint64_t key, BootTime expires = {seconds(2000)}) {
  return {std::make_unique<testing::ToyCipher>(key, true), Bytes(32), expires};
}

// One end, with what it would send.
struct Side {
  explicit Side(Role role) : rekeying(role, settings, epochs, control) {}

  std::size_t RecordsSent() const {
    RecordQueue copy = control;
    std::size_t count = 0;
    for (; !copy.empty(); copy.Pop()) ++count;
    return count;
  }
  // As after a rekey: the former epoch waits for its last frames.
  void Supersede() { rekeying.SwitchTo(epochs.Add(Keys(2), kBoot), kStart); }

  ChannelSettings settings;
  Epochs epochs{Keys(1), kBoot};
  RecordQueue control;
  Rekeying rekeying;
};

const Bytes kToken{1, 2, 3};

// The token that an acceptor may pass to its owner, if there is one.
std::optional<Bytes> NextToken(Side& side) {
  auto token = side.rekeying.NextToken();
  EXPECT_TRUE(token);
  return token ? *token : std::nullopt;
}

// Brings an initiator to the state in which the peer has its token.
void AskAndSend(Side& side) {
  ASSERT_EQ(side.rekeying.Check(kStart, {seconds(1900)}), Rekeying::Due::kAsk);
  side.rekeying.Start(kToken, kStart);
  ASSERT_EQ(side.RecordsSent(), 1u);
}

TEST(Rekeying, IsDueAtFourFifthsOfTheContextsLife) {
  Side side(Role::kInitiator);
  EXPECT_EQ(side.rekeying.NextTimer(kStart, kBoot), kStart + seconds(800));
  EXPECT_EQ(side.rekeying.Check(kStart, {seconds(1799)}), Rekeying::Due::kNo);
  EXPECT_EQ(side.rekeying.Check(kStart, {seconds(1800)}), Rekeying::Due::kAsk);
}

TEST(Rekeying, IsDueAfterSoManyFramesOrBytes) {
  for (const bool frames : {true, false}) {
    Side side(Role::kInitiator);
    EpochState& epoch = side.epochs.current();
    (frames ? epoch.frames : epoch.bytes) =
        frames ? side.settings.rekey_after_frames : side.settings.rekey_after_bytes;
    EXPECT_EQ(side.rekeying.NextTimer(kStart, kBoot), kStart);
    EXPECT_EQ(side.rekeying.Check(kStart, kBoot), Rekeying::Due::kAsk);
  }
}

TEST(Rekeying, TheOwnerIsAskedOnce) {
  Side side(Role::kInitiator);
  EXPECT_EQ(side.rekeying.Check(kStart, {seconds(1900)}), Rekeying::Due::kAsk);
  EXPECT_EQ(side.rekeying.Check(kStart, {seconds(1900)}), Rekeying::Due::kNo);
  EXPECT_FALSE(side.rekeying.NextTimer(kStart, {seconds(1900)}));
}

TEST(Rekeying, AnAcceptorNeverBegins) {
  Side side(Role::kAcceptor);
  EXPECT_EQ(side.rekeying.Check(kStart, {seconds(1900)}), Rekeying::Due::kNo);
  EXPECT_FALSE(side.rekeying.NextTimer(kStart, {seconds(1900)}));
}

TEST(Rekeying, WaitsForTheLastFramesOfTheEpochBefore) {
  Side side(Role::kInitiator);
  side.Supersede();
  EXPECT_EQ(side.rekeying.Check(kStart, {seconds(1900)}), Rekeying::Due::kNo);
  EXPECT_FALSE(side.rekeying.NextTimer(kStart, {seconds(1900)}));
}

TEST(Rekeying, ComesAgainAWhileAfterItFailed) {
  Side side(Role::kInitiator);
  AskAndSend(side);
  side.rekeying.Fail(kStart, true);
  EXPECT_EQ(side.RecordsSent(), 1u);  // an initiator that gives up sends nothing
  const TimePoint again = kStart + side.settings.rekey_retry;
  EXPECT_EQ(side.rekeying.NextTimer(kStart, {seconds(1900)}), again);
  EXPECT_EQ(side.rekeying.Check(again - seconds(1), {seconds(1900)}), Rekeying::Due::kNo);
  EXPECT_EQ(side.rekeying.Check(again, {seconds(1900)}), Rekeying::Due::kAsk);
}

TEST(Rekeying, TheInitiatorInstallsWhatItAskedFor) {
  Side side(Role::kInitiator);
  EXPECT_EQ(side.rekeying.Install(Keys(2), kBoot), nullptr);
  AskAndSend(side);
  EXPECT_EQ(side.rekeying.OnRekey({kToken}, side.epochs.current(), kStart),
            Rekeying::Received::kToken);
  EpochState* next = side.rekeying.Install(Keys(2), kBoot);
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->number, Epoch(1));
  EXPECT_EQ(side.rekeying.Install(Keys(3), kBoot), nullptr);

  side.epochs.current().next_sequence = 9;
  side.epochs.current().reliable_sent = 4;
  side.rekeying.SwitchTo(*next, kStart);
  EXPECT_EQ(side.epochs.current().number, Epoch(1));
  const auto announcement = side.rekeying.TakeAnnouncement();
  ASSERT_TRUE(announcement);
  EXPECT_EQ(announcement->frames, 9u);
  EXPECT_EQ(announcement->reliable, 4u);
  EXPECT_FALSE(side.rekeying.TakeAnnouncement());
}

TEST(Rekeying, ARefusalEndsTheExchange) {
  Side side(Role::kInitiator);
  AskAndSend(side);
  EXPECT_EQ(side.rekeying.OnRekey({}, side.epochs.current(), kStart), Rekeying::Received::kRefused);
  EXPECT_EQ(side.rekeying.Install(Keys(2), kBoot), nullptr);
}

TEST(Rekeying, AnAnswerToNothingIsAViolation) {
  Side side(Role::kInitiator);
  EXPECT_FALSE(side.rekeying.OnRekey({kToken}, side.epochs.current(), kStart));
}

TEST(Rekeying, AnAcceptorAnswers) {
  Side side(Role::kAcceptor);
  side.rekeying.Answer(kToken, Keys(2), kStart, kBoot);
  EXPECT_EQ(side.RecordsSent(), 0u);
  EXPECT_EQ(side.rekeying.OnRekey({kToken}, side.epochs.current(), kStart),
            Rekeying::Received::kAsked);
  EXPECT_EQ(NextToken(side), kToken);
  EXPECT_EQ(NextToken(side), std::nullopt);
  side.rekeying.Answer(kToken, Keys(2), kStart, kBoot);
  EXPECT_EQ(side.RecordsSent(), 1u);
  EXPECT_NE(side.epochs.Find(Epoch(1)), nullptr);
  EXPECT_EQ(side.epochs.current().number, Epoch(0));  // until the initiator uses the new one
}

TEST(Rekeying, AnAcceptorsFailureIsToldUnlessTheChannelEnds) {
  for (const bool tell : {true, false}) {
    Side side(Role::kAcceptor);
    ASSERT_TRUE(side.rekeying.OnRekey({kToken}, side.epochs.current(), kStart));
    ASSERT_TRUE(side.rekeying.NextToken());
    side.rekeying.Fail(kStart, tell);
    EXPECT_EQ(side.RecordsSent(), tell ? 1u : 0u);
  }
}

TEST(Rekeying, ASecondTokenBeforeTheAnswerIsAViolation) {
  for (const bool answering : {true, false}) {
    Side side(Role::kAcceptor);
    ASSERT_TRUE(side.rekeying.OnRekey({kToken}, side.epochs.current(), kStart));
    if (answering) {
      ASSERT_TRUE(side.rekeying.NextToken());
    }
    EXPECT_FALSE(side.rekeying.OnRekey({kToken}, side.epochs.current(), kStart));
  }
}

TEST(Rekeying, ATokenWaitsUntilTheEpochBeforeIsOver) {
  Side side(Role::kAcceptor);
  side.Supersede();
  ASSERT_TRUE(side.rekeying.OnRekey({kToken}, side.epochs.current(), kStart));
  EXPECT_EQ(NextToken(side), std::nullopt);

  ASSERT_TRUE(side.epochs.SetEndBefore(Epoch(1), {}, kStart));
  EXPECT_EQ(side.epochs.Retire(kStart, seconds(60)), Epochs::Health::kGood);
  EXPECT_EQ(NextToken(side), kToken);
}

TEST(Rekeying, ARecordOfTheOldEpochSaysNothing) {
  Side side(Role::kAcceptor);
  side.Supersede();
  const EpochState* old = side.epochs.Find(Epoch(0));
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(side.rekeying.OnRekey({kToken}, *old, kStart), Rekeying::Received::kNothing);
}

TEST(Rekeying, TheLastEpochIsNeverUsed) {
  for (const Role role : {Role::kInitiator, Role::kAcceptor}) {
    Side side(role);
    side.epochs.current().number = Epoch(65534);
    if (role == Role::kInitiator) {
      EXPECT_EQ(side.rekeying.Check(kStart, {seconds(1900)}), Rekeying::Due::kUsedUp);
    } else {
      ASSERT_TRUE(side.rekeying.OnRekey({kToken}, side.epochs.current(), kStart));
      EXPECT_FALSE(side.rekeying.NextToken());
    }
  }
}

}  // namespace
}  // namespace funnel::wire
