// Reads, forges and changes SCTP packets for tests of engines, with the core's own wire/.
#pragma once

#include <optional>

#include "sctp/wire/chunk.h"
#include "sctp/wire/packet.h"

namespace funnel::sctp::test {

using ::sctp::ChunkType;

inline ::sctp::CommonHeader ReadHeader(Bytes packet) {
  return ::sctp::PacketView::Parse(packet, ::sctp::Checksum::kVerified).value().header;
}

inline void WritePorts(MutableByteView packet, std::uint16_t source, std::uint16_t destination) {
  StoreBigEndian<2>(packet.data(), source);
  StoreBigEndian<2>(packet.data() + 2, destination);
}

// Corrects the checksum of a packet that was changed or forged.
inline void WriteChecksum(Bytes& packet) {
  Bytes sealed(packet.size());
  ::sctp::PacketWriter writer(sealed, ReadHeader(packet));
  writer.out().Append(ByteView(packet).subspan(::sctp::kCommonHeaderSize));
  writer.Finish();
  packet = std::move(sealed);
}

// The value of the last chunk of PACKET of TYPE, or for which IS_IT returns true.
template <typename Is>
std::optional<Bytes> FindChunk(Bytes packet, Is is_it) {
  std::optional<Bytes> found;
  ::sctp::ChunkReader chunks(MutableByteView(packet).subspan(::sctp::kCommonHeaderSize));
  while (auto chunk = chunks.Next())
    if (is_it(chunk->type)) found = Bytes(chunk->body.begin(), chunk->body.end());
  return found;
}

// The answer of an SCTP that knows no such association (RFC 9260 section 8.4): an ABORT with the
// tag reflected; nothing to a packet that must not be answered.
inline Bytes AnswerOutOfTheBlue(const Bytes& packet) {
  constexpr auto kUnanswered = [](ChunkType type) {
    return type == ChunkType::kAbort || type == ChunkType::kShutdownComplete ||
           type == ChunkType::kCookieAck;
  };
  if (FindChunk(packet, kUnanswered)) return {};
  const ::sctp::CommonHeader asked = ReadHeader(packet);
  Bytes answer(::sctp::kCommonHeaderSize + ::sctp::kChunkHeaderSize);
  ::sctp::PacketWriter writer(answer, {asked.destination_port, asked.source_port, asked.tag});
  ::sctp::WriteChunk(writer.out(), ChunkType::kAbort, ::sctp::kReflectedTagFlag, {});
  writer.Finish();
  return answer;
}

}  // namespace funnel::sctp::test
