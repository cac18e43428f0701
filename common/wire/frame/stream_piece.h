// What a MESSAGE holds where a service carries associations (Feature::kAssociations): a user
// message of SCTP, or a piece of one, of one of its streams (man/funnel-protocol.7,
// "Associations").
//
// No unit of the channel is used for it: a unit owns the output until its end, and its pieces have
// numbers that follow each other. Pieces of several streams' messages come between each other, and
// each follows the last one of its own message or stream.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/wire/frame/record.h"
#include "common/wire/frame/varint.h"

namespace funnel::wire {

// The longest user message that is carried.
constexpr std::size_t kMaxUserMessage = 1024 * 1024;
// What the user messages of one direction of a session that a sender has begun, and not ended, may
// be together. Each counts with what it costs to hold it, too.
constexpr std::size_t kMaxUnfinished = 2 * 1024 * 1024;
constexpr std::size_t kUnfinishedCost = 96;
// What a receiver may have to hold of them: these, and what a session's window lets overtake a
// piece that is lost.
constexpr std::size_t kMaxHeldUnfinished = 8 * 1024 * 1024;

//   stream (varint, at most 65,535), payload protocol identifier 32, flags 8, bytes (at least 1)
//   flags, as of a DATA chunk (RFC 9260, section 3.3.1): 0x01 the last piece, 0x02 the first one,
//   0x04 unordered
struct StreamPiece {
  std::uint16_t stream = 0;
  std::uint32_t identifier = 0;  // the same in all pieces of a message; nobody looks at it
  bool unordered = false;
  bool first = true;
  bool last = true;
  ByteView bytes;

  // MESSAGE is the whole content of a MESSAGE record. An error is a violation of the session.
  [[nodiscard]] static Result<StreamPiece> Parse(ByteView message);
  [[nodiscard]] bool is_whole() const { return first && last; }
};

constexpr std::size_t kMaxPieceHeader = 4 + 4 + 1;
// Writes what stands before PIECE.bytes; OUT has room for kMaxPieceHeader. Returns the byte behind.
std::uint8_t* StorePieceHeader(std::uint8_t* out, const StreamPiece& piece);

// Whether RECORD may be a piece, or the end of a session of pieces: they keep their boundaries, and
// may overtake each other.
[[nodiscard]] bool IsPiece(const MessageRecord& record);

}  // namespace funnel::wire
