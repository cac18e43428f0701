#include "sctp/send/ack_reader.h"

#include "tests/sctp/send/send_state.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;

class AckReaderTest : public ::testing::Test, protected testing::SendStateHarness {
 protected:
  SackOutcome Sack(std::uint32_t cumulative, std::vector<GapBlock> gaps = {},
                   std::vector<std::uint32_t> duplicates = {}) {
    return SendStateHarness::Sack(acks, cumulative, std::move(gaps), std::move(duplicates));
  }
  // Sends TSNs 1 to COUNT; TSN 1 counts as lost, and is sent again.
  void SendAgain(int count) {
    Send(count);
    now += 40ms;
    ASSERT_EQ(Sack(0, {{2, 4}}), SackOutcome::kTaken);
    ASSERT_EQ(FillOne(), 1u);
  }

  LossFinder losses{state};
  AckReader acks{state, losses};
};

TEST_F(AckReaderTest, WhatWasNeverSentCannotBeAcknowledged) {
  Send(2);
  EXPECT_EQ(Sack(3), SackOutcome::kInvalid);
  EXPECT_EQ(Sack(0, {{3, 3}}), SackOutcome::kInvalid);
  EXPECT_EQ(Sack(0, {{2, 1}}), SackOutcome::kInvalid);
  EXPECT_EQ(state.counters.sacks_invalid, 3u);
  EXPECT_EQ(state.flight.outstanding.size(), 2u);
}

TEST_F(AckReaderTest, AnOlderSackSaysNothing) {
  Send(2);
  EXPECT_EQ(Sack(2), SackOutcome::kTaken);
  EXPECT_EQ(Sack(1), SackOutcome::kStale);
  EXPECT_EQ(state.counters.sacks_stale, 1u);
}

TEST_F(AckReaderTest, WhatCameIsKeptNoMoreAndGivesARoundTrip) {
  Send(2);
  now += 60ms;
  EXPECT_EQ(Sack(2), SackOutcome::kTaken);
  EXPECT_TRUE(state.flight.outstanding.empty());
  EXPECT_EQ(state.messages.bytes(), 0u);
  EXPECT_GT(state.flow.round_trip.smoothed(), 40ms);
  EXPECT_FALSE(state.flow.timer.running());
}

TEST_F(AckReaderTest, AnAnswerThatIsTooFastIsOneToTheFirstTransmission) {
  SendAgain(4);
  now += 1ms;
  EXPECT_EQ(Sack(4), SackOutcome::kTaken);
  EXPECT_EQ(state.counters.spurious, 1u);
  EXPECT_EQ(state.counters.undone, 1u);
}

TEST_F(AckReaderTest, ADuplicateIsOneMistakeHoweverOftenItIsReported) {
  Send(5);
  now += 40ms;
  ASSERT_EQ(Sack(0, {{2, 5}}), SackOutcome::kTaken);
  ASSERT_EQ(FillOne(), 1u);
  Send(1);
  now += 1s;
  EXPECT_EQ(Sack(0, {{2, 6}}, {1, 1}), SackOutcome::kTaken);
  EXPECT_EQ(state.counters.spurious, 1u);
  EXPECT_EQ(Sack(0, {{2, 6}}, {1}), SackOutcome::kTaken);
  EXPECT_EQ(state.counters.spurious, 1u);
}

TEST_F(AckReaderTest, TheDuplicateOfAProbeIsNoMistake) {
  Send(2);
  state.extra.AskForProbe();
  ASSERT_EQ(FillOne(), 1u);
  now += 40ms;
  EXPECT_EQ(Sack(1, {}, {2}), SackOutcome::kTaken);
  EXPECT_EQ(state.counters.spurious, 0u);
}

TEST_F(AckReaderTest, ProgressAnswersWhatTheTimersAskedFor) {
  Send(2);
  state.extra.AskForRetransmission();
  EXPECT_EQ(Sack(0), SackOutcome::kTaken);
  EXPECT_TRUE(state.extra.due());
  EXPECT_EQ(Sack(1), SackOutcome::kTaken);
  EXPECT_FALSE(state.extra.due());
}

TEST_F(AckReaderTest, WhatWentByAnotherPathTellsNothingOfThisOne) {
  Send(2);
  acks.OnMoved();
  now += 500ms;
  EXPECT_EQ(Sack(2), SackOutcome::kTaken);
  EXPECT_TRUE(state.flight.outstanding.empty());
  EXPECT_EQ(state.flow.round_trip.smoothed(), 40ms);
}

TEST_F(AckReaderTest, WhatThePeerTakesBackIsLost) {
  Send(3);
  EXPECT_EQ(Sack(0, {{2, 2}}), SackOutcome::kTaken);
  EXPECT_EQ(Sack(1), SackOutcome::kTaken);
  EXPECT_EQ(state.flight.outstanding.FirstLost(), Tsn(2));
}

}  // namespace
}  // namespace sctp
