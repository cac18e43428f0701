// The header of a piece, and which messages may be one.
#include "common/wire/frame/stream_piece.h"

#include <gtest/gtest.h>

#include <string>

namespace funnel::wire {
namespace {

Bytes Write(const StreamPiece& piece) {
  Bytes message(kMaxPieceHeader);
  message.resize(
      static_cast<std::size_t>(StorePieceHeader(message.data(), piece) - message.data()));
  message.insert(message.end(), piece.bytes.begin(), piece.bytes.end());
  return message;
}

TEST(StreamPiece, ComesBackAsItWasWritten) {
  for (const std::uint16_t stream : {0, 63, 64, 16383, 16384, 65535}) {
    for (int flags = 0; flags < 8; ++flags) {
      const StreamPiece piece{.stream = stream,
                              .identifier = 0x01020304,
                              .unordered = (flags & 4) != 0,
                              .first = (flags & 2) != 0,
                              .last = (flags & 1) != 0,
                              .bytes = AsBytes("text")};
      const Bytes message = Write(piece);
      const auto back = StreamPiece::Parse(message);
      ASSERT_TRUE(back);
      EXPECT_EQ(back->stream, stream);
      EXPECT_EQ(back->identifier, 0x01020304u);
      EXPECT_EQ(back->unordered, piece.unordered);
      EXPECT_EQ(back->first, piece.first);
      EXPECT_EQ(back->last, piece.last);
      EXPECT_EQ(AsText(back->bytes), "text");
      EXPECT_EQ(back->is_whole(), (flags & 3) == 3);
    }
  }
}

TEST(StreamPiece, IsWrittenAsTheManualSays) {
  const StreamPiece piece{
      .stream = 300, .identifier = 46, .unordered = true, .bytes = AsBytes("x")};
  EXPECT_EQ(Write(piece), (Bytes{0x41, 0x2c, 0, 0, 0, 46, 7, 'x'}));
}

TEST(StreamPiece, RefusesWhatIsNone) {
  const Bytes good = {5, 0, 0, 0, 46, 3, 'x'};
  ASSERT_TRUE(StreamPiece::Parse(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(StreamPiece::Parse(ByteView(good).first(size))) << size;

  EXPECT_FALSE(StreamPiece::Parse(Bytes{0x40, 5, 0, 0, 0, 46, 3, 'x'}));  // longer than needed
  EXPECT_FALSE(StreamPiece::Parse(Bytes{0x80, 1, 0, 0, 0, 0, 0, 46, 3, 'x'}));  // stream 65,536
  EXPECT_TRUE(StreamPiece::Parse(Bytes{0x80, 0, 0xff, 0xff, 0, 0, 0, 46, 3, 'x'}));
  EXPECT_FALSE(StreamPiece::Parse(Bytes{5, 0, 0, 0, 46, 0x0b, 'x'}));  // an unknown flag
}

TEST(StreamPiece, KeepsBoundariesAndOvertakes) {
  const auto bytes = AsBytes("x");
  EXPECT_TRUE(IsPiece({.order = Order::kFree, .bytes = bytes}));
  EXPECT_TRUE(IsPiece({.order = Order::kFollows, .number = 1, .distance = 1, .bytes = bytes}));
  EXPECT_TRUE(IsPiece({.order = Order::kAfterAll, .fin = true}));
  EXPECT_FALSE(IsPiece({.order = Order::kOrdered, .number = 1, .bytes = bytes}));
  EXPECT_FALSE(IsPiece({.order = Order::kAfterAll, .bytes = bytes}));
  EXPECT_FALSE(IsPiece({.order = Order::kFree, .more = true, .bytes = bytes}));
  EXPECT_FALSE(IsPiece({.order = Order::kAfterAll, .fin = true, .bytes = bytes}));
}

}  // namespace
}  // namespace funnel::wire
