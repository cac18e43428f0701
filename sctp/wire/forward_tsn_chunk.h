// FORWARD-TSN (RFC 3758 section 3.2) and I-FORWARD-TSN (RFC 8260 section 2.3.1).
//
//   |                      new cumulative TSN                       |
//   FORWARD-TSN:    |   stream id   |      SSN      |                  ...
//   I-FORWARD-TSN:  |   stream id   | reserved    |U|       MID     |  ...
#pragma once

#include "sctp/wire/data_chunk.h"

namespace sctp {

// Messages of a stream up to and with this one are not to be waited for.
struct Skipped {
  StreamId stream;
  bool unordered = false;  // only said by I-FORWARD-TSN
  Mid mid;                 // of FORWARD-TSN the SSN
  bool operator==(const Skipped&) const = default;
};

inline constexpr std::size_t kForwardTsnFixedSize = 4;  // of the body
[[nodiscard]] constexpr std::size_t SkippedSize(DataFormat format) {
  return format == DataFormat::kData ? 4 : 8;
}

struct ForwardTsnView {
  DataFormat format = DataFormat::kIData;
  Tsn cumulative;

  [[nodiscard]] static std::optional<ForwardTsnView> Parse(const ChunkView& chunk);
  [[nodiscard]] std::size_t skipped() const { return skipped_.size() / SkippedSize(format); }
  [[nodiscard]] Skipped at(std::size_t index) const;

 private:
  ByteView skipped_;
};

struct ForwardTsnChunk {
  DataFormat format = DataFormat::kIData;
  Tsn cumulative;
  std::span<const Skipped> skipped;

  [[nodiscard]] std::size_t Size() const {
    return kChunkHeaderSize + kForwardTsnFixedSize + SkippedSize(format) * skipped.size();
  }
  void Write(BufferWriter& out) const;
};

}  // namespace sctp
