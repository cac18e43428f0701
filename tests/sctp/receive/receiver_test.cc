// What a receiver acknowledges, and when.
#include "sctp/receive/receiver.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "sctp/wire/sack_chunk.h"
#include "tests/sctp/receive/message_counter.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using ReceiverOutcome = Receiver::Outcome;

class ReceiverTest : public ::testing::Test {
 protected:
  ReceiverOutcome Add(std::uint32_t tsn, std::size_t size = 10, bool immediate = false) {
    Bytes payload(size);
    DataView chunk;
    chunk.tsn = Tsn(tsn);
    chunk.begin = chunk.end = chunk.unordered = true;
    chunk.immediate = immediate;
    chunk.payload = payload;
    const ReceiverOutcome outcome = receiver.OnData(chunk);
    return outcome;
  }
  // Ordered: held until the message of TSN 100 has come.
  ReceiverOutcome AddHeld(std::uint32_t tsn, std::size_t size) {
    Bytes payload(size);
    DataView chunk;
    chunk.tsn = Tsn(tsn);
    chunk.mid = Mid(tsn - 100);
    chunk.begin = chunk.end = true;
    chunk.payload = payload;
    return receiver.OnData(chunk);
  }
  bool Packet(std::initializer_list<std::uint32_t> tsns) {
    for (std::uint32_t tsn : tsns) (void)Add(tsn);
    receiver.EndPacket(now);
    return receiver.ack().Due(now);
  }
  // "cum=CUM gaps=A-B,C-D dups=N,M", without the window.
  std::string Sack(std::size_t space = 1000) {
    Bytes buffer(space);
    BufferWriter out(buffer);
    if (!receiver.WriteSack(out)) return "none";
    ChunkReader reader(out.written());
    const auto sack = SackView::Parse(*reader.Next());
    std::string text = "cum=" + std::to_string(sack->cumulative.value());
    for (std::size_t i = 0; i < sack->gaps(); ++i)
      text += (i == 0 ? " gaps=" : ",") + std::to_string(sack->gap(i).start) + "-" +
              std::to_string(sack->gap(i).end);
    for (std::size_t i = 0; i < sack->duplicates(); ++i)
      text += (i == 0 ? " dups=" : ",") + std::to_string(sack->duplicate(i).value());
    window = sack->window_bytes;
    return text;
  }

  TimePoint now{1000s};
  BufferPool buffers;
  testing::MessageCounter counter;
  Receiver receiver{
      {{DataFormat::kIData, 16, 100'000}, {20ms, 2}, 10'000}, Tsn(100), buffers, counter};
  std::uint32_t window = 0;
};

TEST_F(ReceiverTest, EverySecondPacketOrAfterTheDelay) {
  EXPECT_TRUE(Packet({100}));  // the first of all
  EXPECT_EQ(Sack(), "cum=100");
  EXPECT_FALSE(Packet({101}));
  EXPECT_EQ(receiver.ack().deadline(), now + 20ms);
  now += 5ms;
  EXPECT_TRUE(Packet({102}));
  EXPECT_EQ(Sack(), "cum=102");
  EXPECT_FALSE(receiver.ack().pending());
  EXPECT_FALSE(Packet({103, 104, 105}));
  EXPECT_TRUE(receiver.ack().Due(now + 20ms));
}

TEST_F(ReceiverTest, AtOnceForGapsUntilAfterTheyAreFilled) {
  EXPECT_TRUE(Packet({101}));
  EXPECT_EQ(Sack(), "cum=99 gaps=2-2");
  EXPECT_TRUE(Packet({102}));
  EXPECT_EQ(Sack(), "cum=99 gaps=2-3");
  EXPECT_TRUE(Packet({104}));
  EXPECT_EQ(Sack(), "cum=99 gaps=2-3,5-5");
  EXPECT_TRUE(Packet({100, 103}));
  EXPECT_EQ(Sack(), "cum=104");
  EXPECT_FALSE(Packet({105}));
}

TEST_F(ReceiverTest, AtOnceWhenAsked) {
  (void)Add(100, 10, /*immediate=*/true);
  receiver.EndPacket(now);
  EXPECT_TRUE(receiver.ack().Due(now));
}

TEST_F(ReceiverTest, DuplicatesAreReportedOnce) {
  (void)Packet({100});
  EXPECT_TRUE(Packet({100}));
  EXPECT_EQ(Sack(), "cum=100 dups=100");
  (void)Packet({101});
  EXPECT_EQ(Sack(), "cum=101");
}

// A packet that brings a duplicate and something new need not be acknowledged at once.
TEST_F(ReceiverTest, DuplicatesBesideNewsWait) {
  (void)Packet({100});
  (void)Sack();
  EXPECT_FALSE(Packet({100, 101}));
  EXPECT_EQ(Sack(), "cum=101 dups=100");
}

TEST_F(ReceiverTest, BlocksBeyondTheSpaceStayOut) {
  (void)Packet({101, 103, 105, 107});
  EXPECT_EQ(Sack(kChunkHeaderSize + kSackFixedSize + 8), "cum=99 gaps=2-2,4-4");
  EXPECT_EQ(Sack(kChunkHeaderSize + kSackFixedSize - 1), "none");
}

TEST_F(ReceiverTest, TheWindowShrinksByWhatIsHeldAndBoundsIt) {
  EXPECT_EQ(AddHeld(101, 4000), ReceiverOutcome::kTaken);
  (void)Sack();
  EXPECT_LE(window, 6000u);
  EXPECT_EQ(AddHeld(105, 4000), ReceiverOutcome::kTaken);
  EXPECT_EQ(AddHeld(106, 4000), ReceiverOutcome::kNoRoom);
  (void)Sack();
  EXPECT_LT(window, 2000u);
  // A chunk that fills a gap may exceed the window, up to a limit.
  EXPECT_EQ(AddHeld(103, 4000), ReceiverOutcome::kTaken);
  EXPECT_EQ(AddHeld(104, 4000), ReceiverOutcome::kTaken);
  EXPECT_EQ(AddHeld(102, 4000), ReceiverOutcome::kNoRoom);
  EXPECT_EQ(Sack(), "cum=99 gaps=2-2,4-6");
  EXPECT_EQ(window, 0u);
  EXPECT_EQ(AddHeld(100, 4000), ReceiverOutcome::kTaken);
  EXPECT_EQ(AddHeld(102, 4000), ReceiverOutcome::kTaken);
  EXPECT_EQ(counter.messages, 6);
  EXPECT_EQ(receiver.held_bytes(), 0u);
}

TEST_F(ReceiverTest, ALargerWindowIsToldAtOnce) {
  receiver.SetWindow(100'000, now);
  EXPECT_TRUE(receiver.ack().Due(now));
  (void)Sack();
  EXPECT_EQ(window, 100'000u);
  receiver.SetWindow(100'000, now);
  EXPECT_FALSE(receiver.ack().pending());
}

TEST_F(ReceiverTest, AcknowledgesAndDropsTheImpossible) {
  DataView chunk;
  Bytes payload(3);
  chunk.payload = payload;
  chunk.begin = chunk.end = true;
  chunk.tsn = Tsn(100);
  chunk.stream = StreamId(16);
  EXPECT_EQ(receiver.OnData(chunk), ReceiverOutcome::kNoStream);
  chunk.stream = StreamId(0);
  chunk.tsn = Tsn(101);
  chunk.format = DataFormat::kData;
  EXPECT_EQ(receiver.OnData(chunk), ReceiverOutcome::kImpossible);
  chunk.format = DataFormat::kIData;
  chunk.tsn = Tsn(102);
  chunk.payload = {};
  EXPECT_EQ(receiver.OnData(chunk), ReceiverOutcome::kImpossible);
  EXPECT_EQ(Sack(), "cum=102");
  EXPECT_EQ(Add(100 + 0x20000), ReceiverOutcome::kNoRoom);  // further than a gap block can express
}

TEST_F(ReceiverTest, ForwardTsnSkips) {
  (void)AddHeld(102, 10);
  const std::array skipped{Skipped{StreamId(0), false, Mid(1)}};
  Bytes buffer(100);
  BufferWriter out(buffer);
  ForwardTsnChunk{DataFormat::kIData, Tsn(101), skipped}.Write(out);
  ChunkReader reader(out.written());
  const auto view = ForwardTsnView::Parse(*reader.Next());
  (void)Sack();
  EXPECT_TRUE(receiver.OnForwardTsn(*view, now));
  EXPECT_TRUE(receiver.ack().Due(now));
  EXPECT_EQ(Sack(), "cum=102");
  EXPECT_EQ(counter.messages, 1);
  EXPECT_TRUE(receiver.OnForwardTsn(*view, now));  // again: it is only answered
  EXPECT_EQ(Sack(), "cum=102");
}

// A peer that never finishes what it begins can use only a limited amount.
TEST_F(ReceiverTest, UnfinishedMessagesStayBounded) {
  Bytes payload(100);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    DataView chunk;
    chunk.tsn = Tsn(100 + i);
    chunk.mid = Mid(i);
    chunk.begin = true;
    chunk.payload = payload;
    if (receiver.OnData(chunk) == ReceiverOutcome::kNoRoom) break;
  }
  EXPECT_GT(receiver.held_bytes(), receiver.window_bytes());
  EXPECT_LE(receiver.held_bytes(), 3 * receiver.window_bytes() + 400);
}

}  // namespace
}  // namespace sctp
