// What pieces make whole messages, and what ends a session.
#include "common/streams/piece_joiner.h"

#include <gtest/gtest.h>

#include <string>

namespace funnel::streams {
namespace {

using wire::EndCode;

struct Flags {
  bool first = true, last = true, unordered = false;
  std::uint32_t identifier = 46;
};

Bytes Piece(std::uint16_t stream, std::string_view bytes, Flags flags = {}) {
  const wire::StreamPiece piece{.stream = stream,
                                .identifier = flags.identifier,
                                .unordered = flags.unordered,
                                .first = flags.first,
                                .last = flags.last,
                                .bytes = AsBytes(bytes)};
  Bytes message(wire::kMaxPieceHeader);
  message.resize(
      static_cast<std::size_t>(wire::StorePieceHeader(message.data(), piece) - message.data()));
  message.insert(message.end(), piece.bytes.begin(), piece.bytes.end());
  return message;
}

class PieceJoinerTest : public ::testing::Test {
 protected:
  // The user message that is whole with PIECE, "-" if there is none, or why it was refused.
  std::string Offer(const Bytes& piece, bool sent = true) {
    const auto whole = joiner.Offer(piece);
    if (!whole) {
      code = whole.error().code;
      return whole.error().text;
    }
    if (!*whole) return "-";
    std::string text(AsText((*whole)->begin));
    text += AsText((*whole)->rest);
    if (sent) joiner.Done(**whole);
    return text;
  }

  JoinBudget budget{16 * 1024 * 1024};
  PieceJoiner joiner{4, budget};
  EndCode code = EndCode::kNone;
};

TEST_F(PieceJoinerTest, AWholeMessagePassesThrough) {
  const Bytes piece = Piece(3, "text", {.unordered = true, .identifier = 7});
  const auto whole = joiner.Offer(piece);
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ((*whole)->stream, 3);
  EXPECT_EQ((*whole)->identifier, 7u);
  EXPECT_TRUE((*whole)->unordered);
  EXPECT_TRUE((*whole)->begin.empty());
  EXPECT_EQ(AsText((*whole)->rest), "text");
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(PieceJoinerTest, PiecesOfSeveralStreamsComeBetweenEachOther) {
  EXPECT_EQ(Offer(Piece(1, "one ", {.last = false})), "-");
  EXPECT_EQ(Offer(Piece(2, "uno ", {.last = false})), "-");
  EXPECT_EQ(Offer(Piece(1, "un ", {.last = false, .unordered = true})), "-");
  EXPECT_EQ(Offer(Piece(1, "free", {.unordered = true})), "free");
  EXPECT_EQ(Offer(Piece(3, "whole")), "whole");
  EXPECT_EQ(Offer(Piece(2, "due", {.first = false})), "uno due");
  EXPECT_EQ(Offer(Piece(1, "two ", {.first = false, .last = false})), "-");
  EXPECT_EQ(Offer(Piece(1, "three", {.first = false})), "one two three");
  EXPECT_TRUE(joiner.has_unfinished());
  EXPECT_EQ(Offer(Piece(1, "deux", {.first = false, .unordered = true})), "un deux");
  EXPECT_FALSE(joiner.has_unfinished());
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(PieceJoinerTest, WhatCouldNotBeSentIsOfferedAgain) {
  EXPECT_EQ(Offer(Piece(1, "one ", {.last = false})), "-");
  const Bytes last = Piece(1, "two", {.first = false});
  EXPECT_EQ(Offer(last, /*sent=*/false), "one two");
  EXPECT_EQ(Offer(Piece(2, "other")), "other");
  EXPECT_EQ(Offer(last, /*sent=*/false), "one two");
  EXPECT_EQ(Offer(last), "one two");
  EXPECT_EQ(Offer(last), "a message has no beginning");
}

TEST_F(PieceJoinerTest, RefusesPiecesThatDoNotFit) {
  EXPECT_EQ(Offer(Piece(4, "x")), "a piece is of a stream that there is not");
  EXPECT_EQ(Offer(Piece(0, "x", {.first = false})), "a message has no beginning");
  EXPECT_EQ(Offer(Piece(0, "x", {.last = false})), "-");
  EXPECT_EQ(Offer(Piece(0, "x", {.last = false})), "a message begins within another one");
  EXPECT_EQ(Offer(Piece(0, "x")), "a message begins within another one");
  EXPECT_EQ(Offer(Piece(0, "x", {.first = false, .identifier = 47})),
            "a message changes its identifier");
  EXPECT_EQ(Offer({1, 2, 3}), "a piece is cut short or badly encoded");
  EXPECT_EQ(code, EndCode::kProtocol);
}

TEST_F(PieceJoinerTest, RefusesAMessageThatIsTooLong) {
  const std::string most(32 * 1024 - wire::kMaxPieceHeader, 'x');
  std::size_t size = most.size();
  ASSERT_EQ(Offer(Piece(0, most, {.last = false})), "-");
  for (; size + most.size() <= wire::kMaxUserMessage; size += most.size())
    ASSERT_EQ(Offer(Piece(0, most, {.first = false, .last = false})), "-");
  EXPECT_EQ(Offer(Piece(0, most, {.first = false})), "a message is too long");
  const std::string rest(wire::kMaxUserMessage - size, 'x');
  EXPECT_EQ(Offer(Piece(0, rest, {.first = false})).size(), wire::kMaxUserMessage);
}

TEST(PieceJoiner, HoldsNoMoreThanADirectionMay) {
  JoinBudget budget(64 * 1024 * 1024);
  PieceJoiner joiner(65536, budget);
  std::string refused;
  for (int stream = 0; stream < 65536 && refused.empty(); ++stream) {
    const Bytes piece =
        Piece(static_cast<std::uint16_t>(stream), std::string(100, 'x'), {.last = false});
    if (const auto whole = joiner.Offer(piece); !whole) refused = whole.error().text;
  }
  EXPECT_EQ(refused, "too much has begun and not ended");
  EXPECT_LE(budget.used(), wire::kMaxHeldUnfinished);
}

TEST(PieceJoiner, AllOfThemShareABudget) {
  JoinBudget budget(1000);
  PieceJoiner second(1, budget);
  {
    PieceJoiner first(1, budget);
    ASSERT_TRUE(first.Offer(Piece(0, std::string(800, 'x'), {.last = false})));
    const auto refused = second.Offer(Piece(0, std::string(800, 'x'), {.last = false}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EndCode::kLimit);
  }
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_TRUE(second.Offer(Piece(0, std::string(800, 'x'), {.last = false})));
}

}  // namespace
}  // namespace funnel::streams
