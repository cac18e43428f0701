// What receivers hold together, and who is held to it.
#include "sctp/receive/receive_budget.h"

#include <gtest/gtest.h>

#include <memory>

#include "sctp/receive/receiver.h"
#include "sctp/wire/sack_chunk.h"
#include "tests/sctp/receive/message_counter.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using ReceiverOutcome = Receiver::Outcome;

class ReceiveBudgetTest : public ::testing::Test {
 protected:
  // With a window of 20,000 bytes, of which the budget is less than two.
  std::unique_ptr<Receiver> Make() {
    return std::make_unique<Receiver>(
        Receiver::Settings{{DataFormat::kIData, 16, 100'000}, {20ms, 2}, 20'000}, Tsn(1), buffers,
        counter, &budget);
  }
  static DataView Chunk(std::uint32_t tsn, Bytes& payload) {
    DataView chunk;
    chunk.tsn = Tsn(tsn);
    chunk.unordered = true;
    chunk.payload = payload;
    return chunk;
  }
  // The part TSN of one message, of which the first one never comes.
  static ReceiverOutcome AddPart(Receiver& receiver, std::uint32_t tsn, std::size_t bytes = 1000) {
    Bytes payload(bytes);
    DataView chunk = Chunk(tsn, payload);
    chunk.fsn = tsn - 1;
    return receiver.OnData(chunk);
  }
  static ReceiverOutcome AddWhole(Receiver& receiver, std::uint32_t tsn) {
    Bytes payload(1000);
    DataView chunk = Chunk(tsn, payload);
    chunk.mid = Mid(tsn);
    chunk.begin = chunk.end = true;
    return receiver.OnData(chunk);
  }
  // Adds parts from FIRST on until one finds no room, and returns its TSN.
  static std::uint32_t Fill(Receiver& receiver, std::uint32_t first = 2) {
    while (AddPart(receiver, first) == ReceiverOutcome::kTaken) ++first;
    return first;
  }
  static std::uint32_t OfferedBytes(Receiver& receiver) {
    Bytes buffer(1000);
    BufferWriter out(buffer);
    EXPECT_TRUE(receiver.WriteSack(out));
    ChunkReader reader(out.written());
    return SackView::Parse(*reader.Next())->window_bytes;
  }

  static constexpr std::size_t kLimit = 30'000;
  std::uint64_t refused = 0;
  BufferPool buffers;
  testing::MessageCounter counter;
  ReceiveBudget budget{kLimit, refused};
};

TEST_F(ReceiveBudgetTest, AllTogetherHoldNoMore) {
  std::vector<std::unique_ptr<Receiver>> receivers;
  std::size_t held = 0;
  for (int i = 0; i < 8; ++i) {
    receivers.push_back(Make());
    const std::uint32_t refused_tsn = Fill(*receivers.back());
    EXPECT_FALSE(receivers.back()->has_gaps() &&
                 receivers.back()->cumulative() >= Tsn(refused_tsn));
    held += receivers.back()->held_bytes();
    EXPECT_LE(budget.held_bytes(), kLimit);
  }
  EXPECT_GT(held, kLimit / 2);
  EXPECT_LE(held, budget.held_bytes());
  // The first was stopped by its own window.
  EXPECT_EQ(refused, 7u);
}

TEST_F(ReceiveBudgetTest, WhatIsRefusedIsNotAcknowledgedAndMayComeAgain) {
  const auto first = Make(), second = Make();
  (void)Fill(*first);
  const std::uint32_t tsn = Fill(*second);
  EXPECT_EQ(AddPart(*second, tsn), ReceiverOutcome::kNoRoom);
  first->LeaveBudget();
  EXPECT_EQ(AddPart(*second, tsn), ReceiverOutcome::kTaken);
}

TEST_F(ReceiveBudgetTest, WholeMessagesNeedNothingOfIt) {
  const auto first = Make(), second = Make(), third = Make();
  (void)Fill(*first);
  (void)Fill(*second);
  ASSERT_GT(budget.held_bytes(), kLimit - 1300);
  for (std::uint32_t tsn = 1; tsn < 100; ++tsn)
    EXPECT_EQ(AddWhole(*third, tsn), ReceiverOutcome::kTaken);
  EXPECT_EQ(counter.messages, 99);
}

TEST_F(ReceiveBudgetTest, WhoHasLeftItHasItsWholeWindow) {
  const auto first = Make(), second = Make(), trusted = Make();
  EXPECT_EQ(AddPart(*trusted, 2), ReceiverOutcome::kTaken);
  trusted->LeaveBudget();
  EXPECT_EQ(budget.held_bytes(), 0u);
  (void)Fill(*first);
  (void)Fill(*second);
  const std::uint64_t before = refused;
  (void)Fill(*trusted, 3);
  EXPECT_GT(trusted->held_bytes(), 18'000u);
  EXPECT_EQ(refused, before);
}

TEST_F(ReceiveBudgetTest, WhatEndsGivesItsShareBack) {
  auto first = Make(), second = Make();
  (void)Fill(*first);
  const std::uint32_t last = Fill(*second);
  first.reset();
  EXPECT_GT(budget.held_bytes(), 0u);

  // The peer gives its message up.
  Bytes raw(100);
  BufferWriter out(raw);
  const Skipped skipped{StreamId(0), true, Mid(0)};
  ForwardTsnChunk chunk;
  chunk.format = DataFormat::kIData;
  chunk.cumulative = Tsn(last);
  chunk.skipped = std::span(&skipped, 1);
  chunk.Write(out);
  ChunkReader reader(out.written());
  EXPECT_TRUE(second->OnForwardTsn(*ForwardTsnView::Parse(*reader.Next()), TimePoint(1s)));
  EXPECT_EQ(budget.held_bytes(), 0u);
}

TEST_F(ReceiveBudgetTest, SacksOfferNoMoreThanIsLeft) {
  const auto first = Make(), second = Make();
  EXPECT_EQ(OfferedBytes(*second), 20'000u);
  (void)Fill(*first);
  EXPECT_LE(OfferedBytes(*second), kLimit - budget.held_bytes());
  EXPECT_GT(OfferedBytes(*second), 0u);
  (void)Fill(*second);
  EXPECT_LT(OfferedBytes(*second), 1500u);
  first->LeaveBudget();
  EXPECT_GT(OfferedBytes(*second), 5000u);
}

// Otherwise those that have a part of their messages would wait for each other for ever.
TEST_F(ReceiveBudgetTest, OneAtATimeGetsTheRestOfItsMessageIn) {
  std::vector<std::unique_ptr<Receiver>> receivers;
  for (int i = 0; i < 4; ++i) receivers.push_back(Make());
  // Each has the parts 2 to TSN; then the first to ask for more gets it, and the others do not.
  std::uint32_t tsn = 2;
  for (; tsn < 7; ++tsn)
    for (const auto& receiver : receivers)
      ASSERT_EQ(AddPart(*receiver, tsn), ReceiverOutcome::kTaken);
  for (const std::uint32_t more : {7u, 8u}) {
    EXPECT_EQ(AddPart(*receivers[0], more), ReceiverOutcome::kTaken);
    for (int i = 1; i < 4; ++i) EXPECT_EQ(AddPart(*receivers[i], more), ReceiverOutcome::kNoRoom);
  }

  // One after another comes to the end of its message.
  for (std::size_t i = 0; i < receivers.size(); ++i) {
    for (std::uint32_t more = tsn; more < 9; ++more) (void)AddPart(*receivers[i], more);
    for (const bool end : {false, true}) {
      Bytes payload(1000);
      DataView chunk = Chunk(end ? 9 : 1, payload);
      chunk.begin = !end;
      chunk.end = end;
      chunk.fsn = end ? 8 : 0;
      EXPECT_EQ(receivers[i]->OnData(chunk), ReceiverOutcome::kTaken);
    }
    EXPECT_EQ(counter.messages, static_cast<int>(i) + 1);
  }
  EXPECT_EQ(budget.held_bytes(), 0u);
}

// Gaps in what has come cost memory, too, whatever is in the chunks.
TEST_F(ReceiveBudgetTest, GapsCount) {
  const auto receiver = Make();
  for (std::uint32_t tsn = 3; tsn < 2003; tsn += 2) (void)AddWhole(*receiver, tsn);
  EXPECT_EQ(receiver->held_bytes(), 0u);
  EXPECT_EQ(budget.held_bytes(), 1000 * sizeof(TsnRun));
}

}  // namespace
}  // namespace sctp
