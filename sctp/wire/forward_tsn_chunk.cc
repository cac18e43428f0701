#include "sctp/wire/forward_tsn_chunk.h"

namespace sctp {
namespace {

constexpr std::uint16_t kUnorderedStream = 0x0001;

}  // namespace

std::optional<ForwardTsnView> ForwardTsnView::Parse(const ChunkView& chunk) {
  ForwardTsnView view;
  if (chunk.type == ChunkType::kForwardTsn) {
    view.format = DataFormat::kData;
  } else if (chunk.type == ChunkType::kIForwardTsn) {
    view.format = DataFormat::kIData;
  } else {
    return std::nullopt;
  }
  funnel::ByteReader in(chunk.body);
  const auto cumulative = in.U32();
  if (!cumulative || in.remaining() % SkippedSize(view.format) != 0) return std::nullopt;
  view.cumulative = Tsn(*cumulative);
  view.skipped_ = in.Rest();
  return view;
}

Skipped ForwardTsnView::at(std::size_t index) const {
  const std::uint8_t* at = skipped_.data() + index * SkippedSize(format);
  Skipped skipped;
  skipped.stream = StreamId(static_cast<std::uint16_t>(funnel::LoadBigEndian<2>(at)));
  if (format == DataFormat::kData) {
    skipped.mid = Mid(static_cast<std::uint32_t>(funnel::LoadBigEndian<2>(at + 2)));
  } else {
    skipped.unordered = (funnel::LoadBigEndian<2>(at + 2) & kUnorderedStream) != 0;
    skipped.mid = Mid(static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(at + 4)));
  }
  return skipped;
}

void ForwardTsnChunk::Write(BufferWriter& out) const {
  const bool data = format == DataFormat::kData;
  ChunkScope chunk(out, data ? ChunkType::kForwardTsn : ChunkType::kIForwardTsn, 0);
  out.U32(cumulative.value());
  for (const Skipped& item : skipped) {
    out.U16(item.stream.value());
    if (data) {
      out.U16(static_cast<std::uint16_t>(item.mid.value()));
    } else {
      out.U16(item.unordered ? kUnorderedStream : 0).U32(item.mid.value());
    }
  }
  chunk.End();
}

}  // namespace sctp
