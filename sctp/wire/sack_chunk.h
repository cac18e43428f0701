// SACK (RFC 9260 section 3.3.4).
//
//   |                      cumulative TSN ack                       |
//   |                            a_rwnd                             |
//   |     number of gap blocks      |     number of duplicates      |
//   |      gap start (offset)       |       gap end (offset)        |  ...
//   |                        duplicate TSN                          |  ...
#pragma once

#include "sctp/wire/chunk.h"

namespace sctp {

inline constexpr std::size_t kSackFixedSize = 12;  // of the body
inline constexpr std::size_t kSackItemSize = 4;    // a gap block, or a duplicate

// Offsets from the cumulative TSN, both inclusive.
struct GapBlock {
  std::uint16_t start = 0;
  std::uint16_t end = 0;
  bool operator==(const GapBlock&) const = default;
};

struct SackView {
  Tsn cumulative;
  std::uint32_t window_bytes = 0;

  // nullopt: the counts do not fit the length. What the blocks say is not judged.
  [[nodiscard]] static std::optional<SackView> Parse(const ChunkView& chunk);
  [[nodiscard]] std::size_t gaps() const { return gaps_.size() / kSackItemSize; }
  [[nodiscard]] GapBlock gap(std::size_t index) const {
    const std::uint8_t* at = gaps_.data() + index * kSackItemSize;
    return {static_cast<std::uint16_t>(funnel::LoadBigEndian<2>(at)),
            static_cast<std::uint16_t>(funnel::LoadBigEndian<2>(at + 2))};
  }
  [[nodiscard]] std::size_t duplicates() const { return duplicates_.size() / kSackItemSize; }
  [[nodiscard]] Tsn duplicate(std::size_t index) const {
    return Tsn(static_cast<std::uint32_t>(
        funnel::LoadBigEndian<4>(duplicates_.data() + index * kSackItemSize)));
  }

 private:
  ByteView gaps_, duplicates_;
};

struct SackChunk {
  Tsn cumulative;
  std::uint32_t window_bytes = 0;
  std::span<const GapBlock> gaps;
  std::span<const Tsn> duplicates;

  [[nodiscard]] std::size_t Size() const {
    return kChunkHeaderSize + kSackFixedSize + kSackItemSize * (gaps.size() + duplicates.size());
  }
  void Write(BufferWriter& out) const;
};

}  // namespace sctp
