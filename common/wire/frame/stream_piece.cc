#include "common/wire/frame/stream_piece.h"

namespace funnel::wire {
namespace {

constexpr std::uint64_t kMaxStream = 0xFFFF;
constexpr std::uint8_t kLastPiece = 0x01;
constexpr std::uint8_t kFirstPiece = 0x02;
constexpr std::uint8_t kUnordered = 0x04;
constexpr std::uint8_t kPieceFlags = kLastPiece | kFirstPiece | kUnordered;

}  // namespace

Result<StreamPiece> StreamPiece::Parse(ByteView message) {
  ByteReader reader(message);
  const auto stream = ReadVarint(reader);
  const auto identifier = reader.U32();
  const auto flags = reader.U8();
  if (!stream || !identifier || !flags) return Fail("a piece is cut short or badly encoded");
  if (*stream > kMaxStream) return Fail("a piece is of no stream");
  if ((*flags & ~kPieceFlags) != 0) return Fail("a piece has an unknown flag");
  if (reader.AtEnd()) return Fail("a piece is empty");
  return StreamPiece{.stream = static_cast<std::uint16_t>(*stream),
                     .identifier = *identifier,
                     .unordered = (*flags & kUnordered) != 0,
                     .first = (*flags & kFirstPiece) != 0,
                     .last = (*flags & kLastPiece) != 0,
                     .bytes = reader.Rest()};
}

std::uint8_t* StorePieceHeader(std::uint8_t* out, const StreamPiece& piece) {
  out = StoreVarint(out, piece.stream);
  StoreBigEndian<4>(out, piece.identifier);
  out += 4;
  *out = static_cast<std::uint8_t>((piece.last ? kLastPiece : 0) | (piece.first ? kFirstPiece : 0) |
                                   (piece.unordered ? kUnordered : 0));
  return out + 1;
}

bool IsPiece(const MessageRecord& record) {
  if (record.fin) return record.bytes.empty();
  return !record.more && (record.order == Order::kFree || record.order == Order::kFollows);
}

}  // namespace funnel::wire
