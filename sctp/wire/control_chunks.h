// The chunks with next to nothing in them: SHUTDOWN (RFC 9260 section 3.3.8), HEARTBEAT and its ACK
// (3.3.5), PAD (RFC 4820).
#pragma once

#include "sctp/wire/chunk.h"
#include "sctp/wire/tlv.h"

namespace sctp {

// The cumulative TSN of a SHUTDOWN.
[[nodiscard]] std::optional<Tsn> ParseShutdown(const ChunkView& chunk);
void WriteShutdown(BufferWriter& out, Tsn cumulative);

// The information in a HEARTBEAT or HEARTBEAT ACK, which only the sender understands and which
// comes back unchanged.
[[nodiscard]] std::optional<ByteView> ParseHeartbeat(const ChunkView& chunk);
void WriteHeartbeat(BufferWriter& out, ByteView info);
inline constexpr std::size_t kHeartbeatOverhead = kChunkHeaderSize + kTlvHeaderSize;

// Fills SIZE bytes, at least a chunk's header and a multiple of 4.
void WritePad(BufferWriter& out, std::size_t size);

}  // namespace sctp
