#include "sctp/wire/sack_chunk.h"

namespace sctp {

std::optional<SackView> SackView::Parse(const ChunkView& chunk) {
  if (chunk.type != ChunkType::kSack) return std::nullopt;
  funnel::ByteReader in(chunk.body);
  if (in.remaining() < kSackFixedSize) return std::nullopt;
  SackView sack;
  sack.cumulative = Tsn(*in.U32());
  sack.window_bytes = *in.U32();
  const std::size_t gaps = *in.U16(), duplicates = *in.U16();
  if (in.remaining() != kSackItemSize * (gaps + duplicates)) return std::nullopt;
  sack.gaps_ = *in.Take(kSackItemSize * gaps);
  sack.duplicates_ = in.Rest();
  return sack;
}

void SackChunk::Write(BufferWriter& out) const {
  ChunkScope chunk(out, ChunkType::kSack, 0);
  out.U32(cumulative.value()).U32(window_bytes);
  out.U16(static_cast<std::uint16_t>(gaps.size()));
  out.U16(static_cast<std::uint16_t>(duplicates.size()));
  for (const GapBlock& gap : gaps) out.U16(gap.start).U16(gap.end);
  for (Tsn tsn : duplicates) out.U32(tsn.value());
  chunk.End();
}

}  // namespace sctp
