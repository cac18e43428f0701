// DATA (RFC 9260 section 3.3.1) and I-DATA (RFC 8260 section 2.1), as one thing.
//
//   DATA                              I-DATA
//   |              TSN              | |              TSN              |
//   |  stream id    |      SSN      | |  stream id    |   reserved    |
//   |           protocol            | |              MID              |
//   |           payload ...         | | protocol (first) or FSN (rest)|
//                                     |           payload ...         |
#pragma once

#include "sctp/wire/chunk.h"

namespace sctp {

enum class DataFormat { kData, kIData };

// Header of a chunk with data, up to its payload.
inline constexpr std::size_t kDataHeaderSize = 16;
inline constexpr std::size_t kIDataHeaderSize = 20;
[[nodiscard]] constexpr std::size_t DataHeaderSize(DataFormat format) {
  return format == DataFormat::kData ? kDataHeaderSize : kIDataHeaderSize;
}

template <typename Payload>
struct BasicDataChunk {
  DataFormat format = DataFormat::kIData;
  Tsn tsn;
  StreamId stream;
  bool unordered = false;
  bool begin = false;      // the first fragment
  bool end = false;        // the last one
  bool immediate = false;  // RFC 7053: a SACK is asked for
  // Of a DATA chunk its SSN, 0 when unordered.
  Mid mid;
  // Only of I-DATA: 0 in the first fragment.
  std::uint32_t fsn = 0;
  // Of I-DATA only the first fragment has it; of DATA every one.
  std::uint32_t protocol = 0;
  Payload payload{};
};

struct DataChunk : BasicDataChunk<ByteView> {
  // Header included, padding not.
  [[nodiscard]] std::size_t Size() const { return DataHeaderSize(format) + payload.size(); }
  void Write(BufferWriter& out) const;
};

// As received: the payload may be changed where it lies.
struct DataView : BasicDataChunk<MutableByteView> {
  // nullopt: too short even for the header, or not a chunk with data. A payload of no bytes is
  // read; to refuse it is the association's (RFC 9260 section 6.2).
  [[nodiscard]] static std::optional<DataView> Parse(const ChunkView& chunk);
};

}  // namespace sctp
