#include "sctp/wire/init_chunk.h"

namespace sctp {

std::optional<InitChunk> InitChunk::Parse(const ChunkView& chunk) {
  if (chunk.type != ChunkType::kInit && chunk.type != ChunkType::kInitAck) return std::nullopt;
  funnel::ByteReader in(chunk.body);
  if (in.remaining() < kInitFixedSize) return std::nullopt;
  InitChunk init;
  init.tag = VerificationTag(*in.U32());
  init.window_bytes = *in.U32();
  init.out_streams = *in.U16();
  init.in_streams = *in.U16();
  init.initial_tsn = Tsn(*in.U32());
  init.parameters = in.Rest();
  return init;
}

void InitChunk::WriteFixed(BufferWriter& out) const {
  out.U32(tag.value()).U32(window_bytes).U16(out_streams).U16(in_streams).U32(initial_tsn.value());
}

}  // namespace sctp
