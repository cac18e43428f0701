#include "sctp/wire/data_chunk.h"

namespace sctp {
namespace {

constexpr std::uint8_t kEnd = 0x01, kBegin = 0x02, kUnordered = 0x04, kImmediate = 0x08;

}  // namespace

void DataChunk::Write(BufferWriter& out) const {
  const int flags = (end ? kEnd : 0) | (begin ? kBegin : 0) | (unordered ? kUnordered : 0) |
                    (immediate ? kImmediate : 0);
  ChunkScope chunk(out, format == DataFormat::kData ? ChunkType::kData : ChunkType::kIData,
                   static_cast<std::uint8_t>(flags));
  out.U32(tsn.value()).U16(stream.value());
  if (format == DataFormat::kData) {
    out.U16(static_cast<std::uint16_t>(mid.value())).U32(protocol);
  } else {
    out.U16(0).U32(mid.value()).U32(begin ? protocol : fsn);
  }
  out.Append(payload);
  chunk.End();
}

std::optional<DataView> DataView::Parse(const ChunkView& chunk) {
  DataView data;
  if (chunk.type == ChunkType::kData) {
    data.format = DataFormat::kData;
  } else if (chunk.type == ChunkType::kIData) {
    data.format = DataFormat::kIData;
  } else {
    return std::nullopt;
  }

  const std::size_t header = DataHeaderSize(data.format) - kChunkHeaderSize;
  if (chunk.body.size() < header) return std::nullopt;
  const std::uint8_t* at = chunk.body.data();

  data.end = (chunk.flags & kEnd) != 0;
  data.begin = (chunk.flags & kBegin) != 0;
  data.unordered = (chunk.flags & kUnordered) != 0;
  data.immediate = (chunk.flags & kImmediate) != 0;
  data.tsn = Tsn(static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(at)));
  data.stream = StreamId(static_cast<std::uint16_t>(funnel::LoadBigEndian<2>(at + 4)));
  const auto last = static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(at + header - 4));

  if (data.format == DataFormat::kData) {
    // Whatever an unordered chunk carries there means nothing (RFC 9260 section 6.6).
    if (!data.unordered)
      data.mid = Mid(static_cast<std::uint32_t>(funnel::LoadBigEndian<2>(at + 6)));
    data.protocol = last;
  } else {
    data.mid = Mid(static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(at + 8)));
    (data.begin ? data.protocol : data.fsn) = last;
  }

  data.payload = chunk.body.subspan(header);
  return data;
}

}  // namespace sctp
