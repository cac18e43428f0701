// Chunks: what a packet consists of (RFC 9260 section 3.2).
//
//    0                   1                   2                   3
//   |     type      |     flags     |            length             |
//   |                           body ...                            |
//
// The length counts the header, not the padding.
#pragma once

#include <optional>
#include <string_view>

#include "sctp/wire/buffer_writer.h"

namespace sctp {

enum class ChunkType : std::uint8_t {
  kData = 0,
  kInit = 1,
  kInitAck = 2,
  kSack = 3,
  kHeartbeat = 4,
  kHeartbeatAck = 5,
  kAbort = 6,
  kShutdown = 7,
  kShutdownAck = 8,
  kError = 9,
  kCookieEcho = 10,
  kCookieAck = 11,
  kShutdownComplete = 14,
  kIData = 64,         // RFC 8260 section 2.1
  kPad = 132,          // RFC 4820 section 3
  kForwardTsn = 192,   // RFC 3758 section 3.2
  kIForwardTsn = 194,  // RFC 8260 section 2.3
};
// For traces; "unknown" for what is not above.
[[nodiscard]] std::string_view Name(ChunkType type);
[[nodiscard]] bool IsKnown(ChunkType type);

// The two highest bits of an unknown type (RFC 9260 section 3.2).
[[nodiscard]] constexpr bool StopsAtUnknownChunk(ChunkType type) {
  return (static_cast<unsigned>(type) & 0x80) == 0;
}
[[nodiscard]] constexpr bool ReportsUnknownChunk(ChunkType type) {
  return (static_cast<unsigned>(type) & 0x40) != 0;
}

// INIT, INIT ACK and SHUTDOWN COMPLETE: a packet with such a chunk and another one is not valid
// (RFC 9260 section 6.10).
[[nodiscard]] constexpr bool TravelsAlone(ChunkType type) {
  return type == ChunkType::kInit || type == ChunkType::kInitAck ||
         type == ChunkType::kShutdownComplete;
}

inline constexpr std::size_t kChunkHeaderSize = 4;
// ABORT and SHUTDOWN COMPLETE: the tag is the receiver's own, reflected (RFC 9260 section 8.5.1).
inline constexpr std::uint8_t kReflectedTagFlag = 0x01;

struct ChunkView {
  ChunkType type{};
  std::uint8_t flags = 0;
  MutableByteView body;
  MutableByteView whole;  // with its header, without padding
};

// Reads the chunks of a packet, behind its common header, one after the other.
class ChunkReader {
 public:
  explicit ChunkReader(MutableByteView bytes) : rest_(bytes) {}
  [[nodiscard]] std::optional<ChunkView> Next();
  // A length below four or beyond the packet: nothing further can be found.
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  MutableByteView rest_;
  bool malformed_ = false;
};

// Writes one chunk around what is written to OUT while it lives; End() fills in length and padding.
class ChunkScope {
 public:
  ChunkScope(BufferWriter& out, ChunkType type, std::uint8_t flags)
      : out_(out), at_(out.position()) {
    out.U8(static_cast<std::uint8_t>(type)).U8(flags).U16(0);
  }
  void End() {
    const std::size_t length = out_.position() - at_;
    out_.Zeros(Padded(length) - length);
    out_.PatchU16(at_ + 2, static_cast<std::uint16_t>(length));
  }

 private:
  BufferWriter& out_;
  std::size_t at_;
};

// One whole chunk whose body is at hand already.
inline void WriteChunk(BufferWriter& out, ChunkType type, std::uint8_t flags, ByteView body) {
  ChunkScope chunk(out, type, flags);
  out.Append(body);
  chunk.End();
}

}  // namespace sctp
