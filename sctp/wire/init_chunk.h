// INIT and INIT ACK (RFC 9260 sections 3.3.2 and 3.3.3): the same form.
//
//   |                         initiate tag                          |
//   |                          a_rwnd                               |
//   |       outbound streams        |       inbound streams         |
//   |                         initial TSN                           |
//   |                        parameters ...                         |
#pragma once

#include "sctp/wire/chunk.h"

namespace sctp {

inline constexpr std::size_t kInitFixedSize = 16;  // of the body, parameters not counted
// Nobody may begin with less (RFC 9260 section 3.3.2).
inline constexpr std::uint32_t kLeastWindow = 1500;

struct InitChunk {
  VerificationTag tag;
  std::uint32_t window_bytes = 0;
  std::uint16_t out_streams = 0;
  std::uint16_t in_streams = 0;
  Tsn initial_tsn;
  ByteView parameters;

  // Of INIT or INIT ACK; nullopt only if it is too short. Values that end an association (tag 0, no
  // streams, a small window) are the handshake's to judge.
  [[nodiscard]] static std::optional<InitChunk> Parse(const ChunkView& chunk);
  // The fixed part; parameters follow in the same ChunkScope.
  void WriteFixed(BufferWriter& out) const;
};

}  // namespace sctp
