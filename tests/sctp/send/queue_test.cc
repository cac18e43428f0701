// Whose turn it is, how messages are cut, and what expires.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "sctp/send/send_queue.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;

// Bytes that each stream has sent after COUNT turns of 100 bytes.
std::map<int, int> Turns(StreamScheduler& scheduler, int count) {
  std::map<int, int> sent;
  for (int i = 0; i < count; ++i) {
    const auto next = scheduler.Next();
    if (!next) break;
    sent[next->value()] += 100;
    scheduler.Charge(100, /*more=*/true);
  }
  return sent;
}

TEST(StreamSchedulerTest, WeightsShareAndPrioritiesPrecede) {
  StreamScheduler scheduler;
  scheduler.Configure(StreamId(1), {1, 1});
  scheduler.Configure(StreamId(2), {1, 3});
  scheduler.Configure(StreamId(3), {0, 1});
  EXPECT_FALSE(scheduler.Next());
  scheduler.Activate(StreamId(1));
  scheduler.Activate(StreamId(2));
  EXPECT_EQ(Turns(scheduler, 400), (std::map<int, int>{{1, 10'000}, {2, 30'000}}));
  scheduler.Activate(StreamId(3));
  EXPECT_EQ(Turns(scheduler, 10), (std::map<int, int>{{3, 1000}}));
  EXPECT_EQ(scheduler.Next(), StreamId(3));
  scheduler.Charge(100, /*more=*/false);
  EXPECT_NE(scheduler.Next(), StreamId(3));
}

TEST(StreamSchedulerTest, SilenceEarnsNothing) {
  StreamScheduler scheduler;
  scheduler.Activate(StreamId(1));
  (void)Turns(scheduler, 1000);
  scheduler.Activate(StreamId(2));
  const auto sent = Turns(scheduler, 100);
  EXPECT_NEAR(sent.at(1), 5000, 100);
  EXPECT_NEAR(sent.at(2), 5000, 100);
}

// Each priority counts by itself: a stream that has sent much is not behind in the next priority.
TEST(StreamSchedulerTest, WhoChangesPriorityBeginsWhereTheOthersAre) {
  StreamScheduler scheduler;
  scheduler.Configure(StreamId(1), {4, 1});
  scheduler.Activate(StreamId(1));
  (void)Turns(scheduler, 1000);
  scheduler.Configure(StreamId(2), {0, 1});
  scheduler.Activate(StreamId(2));
  scheduler.Configure(StreamId(1), {0, 1});
  EXPECT_EQ(scheduler.Next(), StreamId(2));
  scheduler.Charge(100, /*more=*/false);
  EXPECT_EQ(scheduler.Next(), StreamId(1));
  scheduler.Charge(100, /*more=*/true);
  scheduler.Activate(StreamId(2));
  const auto sent = Turns(scheduler, 100);
  EXPECT_NEAR(sent.at(1), 5000, 200);
  EXPECT_NEAR(sent.at(2), 5000, 200);
}

TEST(StreamSchedulerTest, ActivatingTwiceCountsOnce) {
  StreamScheduler scheduler;
  scheduler.Activate(StreamId(1));
  scheduler.Activate(StreamId(1));
  scheduler.Charge(10, /*more=*/false);
  EXPECT_FALSE(scheduler.Next());
}

class SendQueueTest : public ::testing::Test {
 protected:
  explicit SendQueueTest(DataFormat format = DataFormat::kIData) : queue({format, 16}, slots) {}

  MessageId Push(std::uint16_t stream, std::size_t size, TimePoint deadline = TimePoint::max()) {
    const MessageId id = slots.Add(Bytes(size));
    slots[id].stream = StreamId(stream);
    slots[id].deadline = deadline;
    queue.Push(id);
    return id;
  }
  // "STREAM/MID/FSN+LENGTH", with ( and ) for the first and the last fragment; "-" for none.
  std::string Cut(std::size_t space = 1000, std::size_t full = 1000) {
    const auto fragment = queue.Cut(space, full, room, now);
    if (!fragment) return "-";
    const OutgoingMessage& message = slots[fragment->message];
    return (fragment->begin ? "(" : "") + std::to_string(message.stream.value()) + "/" +
           std::to_string(message.mid.value()) + "/" + std::to_string(fragment->fsn) + "+" +
           std::to_string(fragment->length) + (fragment->end ? ")" : "");
  }

  TimePoint now{100s};
  std::size_t room = 1 << 20;  // at the receiver
  BufferPool buffers;
  MessageSlots slots{buffers};
  SendQueue queue;
};

class DataSendQueueTest : public SendQueueTest {
 protected:
  DataSendQueueTest() : SendQueueTest(DataFormat::kData) {}
};

TEST_F(SendQueueTest, CutsWhatNoPacketHolds) {
  Push(1, 2500);
  EXPECT_EQ(queue.bytes(), 2500u);
  EXPECT_EQ(Cut(), "(1/0/0+1000");
  EXPECT_EQ(Cut(), "1/0/1+1000");
  EXPECT_EQ(Cut(), "1/0/2+500)");
  EXPECT_EQ(Cut(), "-");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST_F(SendQueueTest, WhatFitsAPacketIsNotCut) {
  Push(1, 600);
  EXPECT_EQ(Cut(500), "-");
  EXPECT_EQ(Cut(600), "(1/0/0+600)");
  Push(1, 2500);
  EXPECT_EQ(Cut(100), "-");  // not worth a header
  EXPECT_EQ(Cut(300), "(1/1/0+300");
}

TEST_F(SendQueueTest, StreamsTakeTurnsWithinMessages) {
  Push(1, 2000);
  Push(2, 2000);
  EXPECT_EQ(Cut(), "(1/0/0+1000");
  EXPECT_EQ(Cut(), "(2/0/0+1000");
  EXPECT_EQ(Cut(), "1/0/1+1000)");
  EXPECT_EQ(Cut(), "2/0/1+1000)");
}

// A receiver whose window holds a message and a half.
TEST_F(SendQueueTest, NoMoreIsBegunThanTheReceiverCanTakeToItsEnd) {
  room = 3000;
  Push(1, 2000);
  Push(2, 2000);
  Push(3, 500);
  EXPECT_EQ(Cut(), "(1/0/0+1000");
  room -= 1000;
  EXPECT_EQ(Cut(), "1/0/1+1000)");
  room -= 1000;
  EXPECT_EQ(Cut(), "(2/0/0+1000");  // nothing else was begun
  room -= 1000;
  EXPECT_EQ(Cut(), "(3/0/0+500)");  // what fits in one chunk is never begun only
  EXPECT_EQ(Cut(), "2/0/1+1000)");
  EXPECT_EQ(Cut(), "-");
}

// ... and one of them is given up half-way.
TEST_F(SendQueueTest, WhatWasGivenUpTakesNoRoom) {
  room = 2500;
  Push(1, 2000, now + 1s);
  EXPECT_EQ(Cut(), "(1/0/0+1000");
  Push(2, 2000);
  now += 2s;
  EXPECT_EQ(Cut(), "(2/0/0+1000");
  Push(3, 2000);
  EXPECT_EQ(Cut(), "2/0/1+1000)");
  EXPECT_EQ(Cut(), "(3/0/0+1000");
  EXPECT_EQ(Cut(), "3/0/1+1000)");
  EXPECT_TRUE(queue.TakeExpired());
}

TEST_F(SendQueueTest, SaysWhatOfAStreamWaits) {
  Push(1, 2000);
  Push(1, 300);
  EXPECT_EQ(queue.WaitingBytes(StreamId(1)), 2300u);
  EXPECT_EQ(Cut(), "(1/0/0+1000");
  EXPECT_EQ(queue.WaitingBytes(StreamId(1)), 1300u);
  EXPECT_EQ(queue.WaitingBytes(StreamId(7)), 0u);
}

TEST_F(DataSendQueueTest, AMessageIsFinishedBeforeTheNext) {
  queue.Configure(StreamId(2), {0, 1});
  queue.Configure(StreamId(1), {1, 1});
  Push(1, 2000);
  EXPECT_EQ(Cut(), "(1/0/0+1000");
  Push(2, 10);
  Push(1, 10);
  EXPECT_EQ(Cut(), "1/0/1+1000)");
  EXPECT_EQ(Cut(), "(2/0/0+10)");
  EXPECT_EQ(Cut(), "(1/1/0+10)");
  EXPECT_EQ(Cut(), "-");
}

TEST_F(SendQueueTest, WhatExpiresUnsentTakesNoNumber) {
  Push(1, 10, now + 1s);
  Push(1, 20, now + 5s);
  now += 2s;
  EXPECT_EQ(Cut(), "(1/0/0+20)");
  EXPECT_EQ(queue.expired(), 1u);
  EXPECT_EQ(queue.expired_bytes(), 10u);
  EXPECT_FALSE(queue.TakeExpired());
  EXPECT_EQ(slots.used(), 1u);  // the second, which its sender holds until it is acknowledged
}

TEST_F(SendQueueTest, WhatExpiresHalfSentIsHandedBack) {
  const MessageId id = Push(1, 2000, now + 1s);
  EXPECT_EQ(Cut(), "(1/0/0+1000");
  now += 1s;
  EXPECT_EQ(Cut(), "-");
  EXPECT_EQ(queue.TakeExpired(), id);
  EXPECT_FALSE(queue.TakeExpired());
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST_F(DataSendQueueTest, AnExpiredBeginningLetsTheOthersGoOn) {
  Push(1, 2000, now + 1s);
  EXPECT_EQ(Cut(), "(1/0/0+1000");
  Push(1, 10);
  Push(2, 10);
  now += 1s;
  EXPECT_EQ(Cut(), "(2/0/0+10)");  // the other has paid for its whole message
  EXPECT_EQ(Cut(), "(1/1/0+10)");
  EXPECT_EQ(Cut(), "-");
}

}  // namespace
}  // namespace sctp
