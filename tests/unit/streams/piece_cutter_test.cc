// Which pieces messages become, in which order they leave, and what each follows.
#include "common/streams/piece_cutter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/wire/frame/stream_piece.h"

namespace funnel::streams {
namespace {

constexpr std::size_t kPiece = 100;

class FakeOutput : public PieceCutter::Output {
 public:
  std::size_t Room() override { return left > 0 ? kPiece + wire::kMaxPieceHeader : 0; }
  std::optional<std::uint64_t> Send(ByteView message, wire::Order order,
                                    std::uint64_t after) override {
    if (refuses) return std::nullopt;
    EXPECT_LE(message.size(), kPiece + wire::kMaxPieceHeader);
    const auto piece = wire::StreamPiece::Parse(message);
    EXPECT_TRUE(piece);
    --left;
    said.push_back(std::to_string(piece->stream) + (piece->unordered ? "u" : "") +
                   (piece->first ? "<" : "") + std::to_string(piece->bytes.size()) +
                   (piece->last ? ">" : "") +
                   (order == wire::Order::kFollows ? "@" + std::to_string(after) : ""));
    return said.size() - 1;
  }
  std::vector<std::string> Take() { return std::exchange(said, {}); }

  std::size_t left = 1 << 20;
  bool refuses = false;
  std::vector<std::string> said;
};

UserMessage Of(std::uint16_t stream, std::size_t size, bool unordered = false) {
  return {.stream = stream, .identifier = 46, .unordered = unordered, .bytes = Bytes(size)};
}

using Said = std::vector<std::string>;

TEST(PieceCutter, AMessageFollowsTheLastOneOfItsStream) {
  PieceCutter cutter;
  FakeOutput out;
  for (const std::uint16_t stream : {1, 2, 1, 1, 2}) EXPECT_TRUE(cutter.Add(Of(stream, 10)));
  cutter.Send(out);
  EXPECT_EQ(out.said, (Said{"1<10>", "2<10>", "1<10>@0", "2<10>@1", "1<10>@2"}));
  EXPECT_TRUE(cutter.empty());
  EXPECT_EQ(cutter.queued_bytes(), 0u);
}

TEST(PieceCutter, UnorderedMessagesFollowNothing) {
  PieceCutter cutter;
  FakeOutput out;
  for (const bool unordered : {false, true, true, false})
    EXPECT_TRUE(cutter.Add(Of(3, 10, unordered)));
  cutter.Send(out);
  EXPECT_EQ(out.said, (Said{"3<10>", "3u<10>", "3<10>@0", "3u<10>"}));
}

TEST(PieceCutter, ALongMessageHoldsUpNoOtherStream) {
  PieceCutter cutter;
  FakeOutput out;
  EXPECT_TRUE(cutter.Add(Of(1, 350)));
  EXPECT_TRUE(cutter.Add(Of(1, 5)));
  EXPECT_TRUE(cutter.Add(Of(2, 10)));
  EXPECT_TRUE(cutter.Add(Of(2, 11)));
  cutter.Send(out);
  EXPECT_EQ(out.said, (Said{"1<100", "2<10>", "1100@0", "2<11>@1", "1100@2", "150>@4", "1<5>@5"}));
}

TEST(PieceCutter, LongUnorderedMessagesOfAStreamFollowEachOther) {
  PieceCutter cutter;
  FakeOutput out;
  for (const std::size_t size : {150, 10, 150}) EXPECT_TRUE(cutter.Add(Of(1, size, true)));
  cutter.Send(out);
  EXPECT_EQ(out.said, (Said{"1u<100", "1u50>@0", "1u<10>", "1u<100@1", "1u50>@3"}));
}

TEST(PieceCutter, GoesOnWhereTheSessionStopped) {
  PieceCutter cutter;
  FakeOutput out;
  out.left = 2;
  EXPECT_TRUE(cutter.Add(Of(1, 250)));
  EXPECT_TRUE(cutter.Add(Of(2, 10)));
  cutter.Send(out);
  EXPECT_EQ(out.said, (Said{"1<100", "2<10>"}));
  EXPECT_EQ(cutter.queued_bytes(), 150u);

  out.left = 10;
  out.refuses = true;
  cutter.Send(out);
  EXPECT_EQ(cutter.queued_bytes(), 150u);
  out.refuses = false;
  cutter.Send(out);
  EXPECT_EQ(out.said, (Said{"1<100", "2<10>", "1100@0", "150>@2"}));
}

TEST(PieceCutter, RefusesWhatCannotBeCarried) {
  PieceCutter cutter;
  EXPECT_FALSE(cutter.Add(Of(1, 0)));
  EXPECT_FALSE(cutter.Add(Of(1, wire::kMaxUserMessage + 1)));
  EXPECT_TRUE(cutter.Add(Of(1, wire::kMaxUserMessage)));
}

// The far end has to hold them all.
TEST(PieceCutter, OnlySoManyLongMessagesAreUnderWay) {
  PieceCutter cutter;
  FakeOutput out;
  for (std::uint16_t stream = 1; stream <= 3; ++stream)
    EXPECT_TRUE(cutter.Add(Of(stream, wire::kMaxUserMessage - 1000)));
  EXPECT_TRUE(cutter.Add(Of(4, 10)));
  out.left = 9;
  cutter.Send(out);
  for (const std::string& piece : out.Take()) EXPECT_NE(piece.front(), '3') << piece;

  // They do not wait for longer than they have to.
  out.left = 1 << 20;
  cutter.Send(out);
  EXPECT_TRUE(cutter.empty());
  std::size_t begin_of_third = 0, end_of_first = 0;
  for (std::size_t i = 0; i < out.said.size(); ++i) {
    if (out.said[i].starts_with("3<")) begin_of_third = i;
    if (out.said[i].starts_with("1") && out.said[i].contains(">")) end_of_first = i;
  }
  EXPECT_GT(begin_of_third, end_of_first);
  EXPECT_LT(begin_of_third, end_of_first + 5);
}

}  // namespace
}  // namespace funnel::streams
