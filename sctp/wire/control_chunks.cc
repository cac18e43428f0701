#include "sctp/wire/control_chunks.h"

#include <cassert>

#include "sctp/wire/parameter.h"

namespace sctp {

std::optional<Tsn> ParseShutdown(const ChunkView& chunk) {
  if (chunk.type != ChunkType::kShutdown || chunk.body.size() != 4) return std::nullopt;
  return Tsn(static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(chunk.body.data())));
}

void WriteShutdown(BufferWriter& out, Tsn cumulative) {
  ChunkScope chunk(out, ChunkType::kShutdown, 0);
  out.U32(cumulative.value());
  chunk.End();
}

std::optional<ByteView> ParseHeartbeat(const ChunkView& chunk) {
  if (chunk.type != ChunkType::kHeartbeat && chunk.type != ChunkType::kHeartbeatAck)
    return std::nullopt;
  TlvReader parameters(chunk.body);
  const auto info = parameters.Next();
  if (!info || info->code != static_cast<std::uint16_t>(ParameterType::kHeartbeatInfo))
    return std::nullopt;
  return info->value;
}

void WriteHeartbeat(BufferWriter& out, ByteView info) {
  ChunkScope chunk(out, ChunkType::kHeartbeat, 0);
  WriteParameter(out, ParameterType::kHeartbeatInfo, info);
  chunk.End();
}

void WritePad(BufferWriter& out, std::size_t size) {
  assert(size >= kChunkHeaderSize && size % 4 == 0);
  ChunkScope chunk(out, ChunkType::kPad, 0);
  out.Zeros(size - kChunkHeaderSize);
  chunk.End();
}

}  // namespace sctp
