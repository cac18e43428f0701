// What is decided about ends, without an association: SHUTDOWN, ABORT and restart, believed or
// questioned.
#include "sctp/association/association_ends.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/sctp/test_random.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;

class AssociationEndsTest : public ::testing::Test {
 protected:
  using Types = std::vector<ChunkType>;

  AssociationEndsTest() {
    settings.ends_are_questions = true;
    sender.emplace(SenderSettings{}, Tsn(1), 1 << 20, settings.packet_bytes, buffers);
    sender->OnRoundTrip(40ms);
  }
  // The chunks of an end that are sent now; stores the nonce of a question.
  Types Leaving() {
    Bytes buffer(1400);
    BufferWriter out(buffer);
    by_others = ends.Write(out, Tsn(0), now, random).has_value();
    Types types;
    ChunkReader reader(out.written());
    while (const auto chunk = reader.Next()) {
      types.push_back(chunk->type);
      if (const auto info = ParseHeartbeat(*chunk)) nonce.assign(info->begin(), info->end());
    }
    return types;
  }
  // Lets time pass until something is decided; nobody answers.
  std::optional<DownReason> WaitForEnd() {
    for (int i = 0; i < 50; ++i) {
      (void)Leaving();
      if (ends.NextTimer() == TimePoint::max()) return std::nullopt;
      now = std::max(now, ends.NextTimer());
      if (const auto end = ends.OnTimer(now)) return end->reason;
      ends.Settle(now);
    }
    return std::nullopt;
  }

  TimePoint now{100s};
  testing::TestRandom random{1};
  BufferPool buffers;
  AssociationSettings settings;
  std::optional<Sender> sender;
  AssociationCounters counters;
  AssociationEnds ends{{settings, sender, counters}, Duration::zero()};
  Bytes nonce;
  bool by_others = false;
};

TEST_F(AssociationEndsTest, WhereEndsAreNoQuestionsTheyAreBelieved) {
  settings.ends_are_questions = false;
  EXPECT_TRUE(ends.OnRestart(now));
  const auto end = ends.OnAbort("bye", now);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, DownReason::kAborted);
  EXPECT_EQ(end->text, "bye");
  EXPECT_FALSE(ends.OnShutdown(now));
  ends.Settle(now);
  EXPECT_EQ(Leaving(), Types{ChunkType::kShutdownAck});
  EXPECT_TRUE(ends.OnShutdownComplete());
}

TEST_F(AssociationEndsTest, AnAbortIsProvenByWhoDoesNotAnswer) {
  EXPECT_FALSE(ends.OnAbort("bye", now));
  EXPECT_TRUE(ends.asking());
  EXPECT_EQ(Leaving(), Types{ChunkType::kHeartbeat});
  EXPECT_TRUE(by_others);
  EXPECT_EQ(WaitForEnd(), DownReason::kAborted);
}

TEST_F(AssociationEndsTest, AnAnswerRefutesARestart) {
  EXPECT_FALSE(ends.OnRestart(now));
  (void)Leaving();
  EXPECT_FALSE(ends.OnHeartbeatAck(Bytes(nonce.size()), now));
  EXPECT_TRUE(ends.OnHeartbeatAck(nonce, now));
  EXPECT_FALSE(ends.asking());
  EXPECT_EQ(ends.refuted(), 1u);
  EXPECT_EQ(WaitForEnd(), std::nullopt);
}

TEST_F(AssociationEndsTest, AShutdownIsAskedAboutWhenAllWasDelivered) {
  ASSERT_EQ(sender->Push(StreamId(0), Bytes(10), {}), SendStatus::kSent);
  EXPECT_FALSE(ends.OnShutdown(now));
  ends.Settle(now);
  EXPECT_FALSE(ends.asking());
  ASSERT_EQ(sender->Push(StreamId(0), Bytes(10), {}), SendStatus::kSent);
  EXPECT_EQ(sender->queue().messages(), 1u);  // the second is held
  EXPECT_EQ(sender->messages().waiting(), 2u);
  EXPECT_EQ(WaitForEnd(), std::nullopt);  // it was not repeated
  EXPECT_EQ(counters.shutdowns_forgotten, 1u);
  EXPECT_EQ(sender->queue().messages(), 2u);
}

TEST_F(AssociationEndsTest, AShutdownHoldsWhereTheAssociationIsGoneForThePeer) {
  EXPECT_FALSE(ends.OnShutdown(now));
  ends.Settle(now);
  ASSERT_TRUE(ends.asking());
  EXPECT_EQ(Leaving(), (Types{ChunkType::kShutdownAck, ChunkType::kHeartbeat}));
  EXPECT_FALSE(by_others);
  EXPECT_FALSE(ends.OnShutdownComplete());
  EXPECT_EQ(WaitForEnd(), DownReason::kShutdown);
}

TEST_F(AssociationEndsTest, WhatWasHeldFollowsWhenTheQuestionIsAnswered) {
  EXPECT_FALSE(ends.OnShutdown(now));
  ends.Settle(now);
  ASSERT_EQ(sender->Push(StreamId(0), Bytes(10), {}), SendStatus::kSent);
  EXPECT_EQ(sender->queue().messages(), 0u);
  (void)Leaving();
  EXPECT_TRUE(ends.OnHeartbeatAck(nonce, now));
  EXPECT_EQ(sender->queue().messages(), 1u);
}

TEST_F(AssociationEndsTest, SilenceAloneIsNoShutdown) {
  EXPECT_FALSE(ends.OnShutdown(now));
  ends.Settle(now);
  EXPECT_EQ(WaitForEnd(), std::nullopt);
  EXPECT_EQ(counters.shutdowns_forgotten, 1u);
}

TEST_F(AssociationEndsTest, WhoSendsNewDataHasNotEnded) {
  EXPECT_FALSE(ends.OnShutdown(now));
  ends.Settle(now);
  ends.OnNewData(now);
  EXPECT_FALSE(ends.asking());
  EXPECT_EQ(ends.refuted(), 1u);
}

TEST_F(AssociationEndsTest, OurShutdownIsAnsweredAndOverAfterAWhile) {
  ends.Shutdown(now);
  EXPECT_FALSE(ends.open());
  EXPECT_EQ(Leaving(), Types{ChunkType::kShutdown});
  EXPECT_TRUE(ends.OnDataPacket(now));
  EXPECT_TRUE(ends.OnShutdown(now));  // both at once
  EXPECT_FALSE(ends.OnShutdownAck(now));
  EXPECT_TRUE(ends.TakeComplete());
  EXPECT_EQ(WaitForEnd(), DownReason::kShutdown);
}

TEST_F(AssociationEndsTest, PatienceIsTheCookiesTripUntilSomethingWasMeasured) {
  sender.emplace(SenderSettings{}, Tsn(1), 1 << 20, settings.packet_bytes, buffers);
  const AssociationEnds accepted{{settings, sender, counters}, 10ms};
  EXPECT_EQ(accepted.ProbeTimeout(), 20ms + settings.peer_ack_delay);
  EXPECT_EQ(ends.ProbeTimeout(), sender->round_trip().Rto());
}

}  // namespace
}  // namespace sctp
