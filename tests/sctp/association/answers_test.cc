#include "sctp/association/answers.h"

#include <gtest/gtest.h>

#include <vector>

namespace sctp {
namespace {

class AnswersTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kRoom = 1000;
  // The chunks that are written.
  std::vector<ChunkType> Written(std::size_t space = kRoom) {
    buffer.assign(space, 0);
    BufferWriter out(buffer);
    answers.Write(out);
    std::vector<ChunkType> types;
    ChunkReader reader(out.written());
    while (const auto chunk = reader.Next()) types.push_back(chunk->type);
    return types;
  }
  using Types = std::vector<ChunkType>;

  Bytes buffer;
  Answers answers;
};

TEST_F(AnswersTest, LeaveOnceInTheirOrder) {
  answers.Add(ChunkType::kCookieAck, 0, {}, kRoom);
  answers.Add(ChunkType::kHeartbeatAck, 0, Bytes(20), kRoom);
  EXPECT_EQ(Written(), (Types{ChunkType::kCookieAck, ChunkType::kHeartbeatAck}));
  EXPECT_TRUE(answers.empty());
  EXPECT_EQ(Written(), Types{});
}

TEST_F(AnswersTest, WaitWhereTheyDoNotFit) {
  answers.Add(ChunkType::kHeartbeatAck, 0, Bytes(20), kRoom);
  EXPECT_EQ(Written(20), Types{});
  EXPECT_FALSE(answers.empty());
  EXPECT_EQ(Written(24), Types{ChunkType::kHeartbeatAck});
}

TEST_F(AnswersTest, WhatDoesNotFitAnyMoreIsLost) {
  for (int i = 0; i < 100; ++i) answers.Add(ChunkType::kHeartbeatAck, 0, Bytes(96), kRoom);
  EXPECT_EQ(answers.bytes(), 1000u);
  for (int i = 0; i < 100; ++i) answers.Add(ChunkType::kHeartbeatAck, 0, Bytes(96), 10'000);
  EXPECT_EQ(answers.bytes(), Answers::kMost);
}

TEST_F(AnswersTest, AReportIsCutToWhatItMayHave) {
  answers.Report(CauseCode::kUnrecognizedChunk, Bytes(2000), 10'000);
  EXPECT_EQ(answers.bytes(), kChunkHeaderSize + 4 + Answers::kMostReportBytes);
  EXPECT_EQ(Written(), Types{ChunkType::kError});
}

TEST_F(AnswersTest, OfAllOnlyTheCookieAckStays) {
  answers.Add(ChunkType::kCookieAck, 0, {}, kRoom);
  answers.Add(ChunkType::kError, 0, Bytes(8), kRoom);
  answers.KeepCookieAckOnly();
  EXPECT_EQ(Written(), Types{ChunkType::kCookieAck});
  answers.Add(ChunkType::kError, 0, Bytes(8), kRoom);
  answers.KeepCookieAckOnly();
  EXPECT_TRUE(answers.empty());
  answers.KeepCookieAckOnly();
  EXPECT_TRUE(answers.empty());
}

}  // namespace
}  // namespace sctp
