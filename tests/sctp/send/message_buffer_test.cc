#include "sctp/send/message_buffer.h"

#include <gtest/gtest.h>

namespace sctp {
namespace {

class MessageBufferTest : public ::testing::Test {
 protected:
  SendStatus Push(std::size_t size, std::uint16_t stream = 0, const SendOptions& options = {}) {
    return messages.Push(StreamId(stream), Bytes(size), options);
  }
  // The next message, uncut.
  std::optional<Fragment> Cut() { return messages.Cut(4000, 4000, 1 << 20, TimePoint{}); }

  BufferPool buffers;
  MessageBuffer messages{
      {.queue = {.streams = 2}, .max_message_bytes = 50'000, .buffer_bytes = 80'000}, buffers};
};

TEST_F(MessageBufferTest, LittleFindsRoomWhereBulkHasNone) {
  EXPECT_EQ(Push(50'000), SendStatus::kSent);
  EXPECT_EQ(Push(30'000), SendStatus::kSent);
  EXPECT_EQ(Push(1), SendStatus::kFull);
  EXPECT_EQ(Push(10'000, 1), SendStatus::kSent);  // in the additional eighth
  EXPECT_EQ(Push(1, 1), SendStatus::kFull);
  EXPECT_EQ(messages.bytes(), 90'000u);
}

TEST_F(MessageBufferTest, AKeptMessageIsOverWithItsLastChunk) {
  EXPECT_EQ(Push(3000), SendStatus::kSent);
  const auto fragment = Cut();
  ASSERT_TRUE(fragment && fragment->end);
  messages.RemoveIfOver(fragment->message);
  EXPECT_EQ(messages.bytes(), 3000u);  // its chunk is on its way
  messages.OnChunkOver(fragment->message);
  EXPECT_EQ(messages.bytes(), 0u);
  EXPECT_TRUE(messages.OnlyHeldIsKept());
}

TEST_F(MessageBufferTest, WhatIsHeldFollowsInOrder) {
  messages.Hold();
  EXPECT_EQ(Push(100), SendStatus::kSent);
  EXPECT_EQ(Push(200), SendStatus::kSent);
  EXPECT_TRUE(messages.queue().empty());
  EXPECT_EQ(messages.waiting(), 2u);
  EXPECT_TRUE(messages.OnlyHeldIsKept());
  messages.Release();
  EXPECT_EQ(messages.waiting(), 2u);
  EXPECT_EQ(Cut()->length, 100u);
  EXPECT_EQ(Cut()->length, 200u);
  EXPECT_EQ(Push(300), SendStatus::kSent);
  EXPECT_FALSE(messages.queue().empty());
}

TEST_F(MessageBufferTest, WhatExpiresUnsentMakesRoom) {
  const SendOptions brief{.deadline = TimePoint{} + std::chrono::seconds(1)};
  EXPECT_EQ(Push(1000, 0, brief), SendStatus::kSent);
  EXPECT_FALSE(messages.Cut(4000, 4000, 1 << 20, brief.deadline));
  EXPECT_EQ(messages.bytes(), 0u);
}

TEST_F(MessageBufferTest, RoomIsReportedOnceAndNotTooEarly) {
  EXPECT_FALSE(messages.TakeWritable());
  while (Push(4000) == SendStatus::kSent) continue;
  EXPECT_FALSE(messages.TakeWritable());
  const auto fragment = Cut();
  messages.OnChunkOver(fragment->message);
  EXPECT_FALSE(messages.TakeWritable());  // more than seven eighths still wait
  while (messages.bytes() > 70'000) messages.OnChunkOver(Cut()->message);
  EXPECT_TRUE(messages.TakeWritable());
  EXPECT_FALSE(messages.TakeWritable());
}

}  // namespace
}  // namespace sctp
