// QUIC's variable-length integers (RFC 9000 section 16), shortest form only: one value, one
// encoding.
#pragma once

#include <optional>

#include "common/base/bytes.h"

namespace funnel::wire {

constexpr std::uint64_t kMaxVarint = (std::uint64_t{1} << 62) - 1;
constexpr std::size_t kMaxVarintSize = 8;

// Bytes that VALUE takes: 1, 2, 4 or 8. VALUE is at most kMaxVarint.
[[nodiscard]] constexpr std::size_t VarintSize(std::uint64_t value) {
  if (value < 1u << 6) return 1;
  if (value < 1u << 14) return 2;
  return value < 1u << 30 ? 4 : 8;
}

// Writes VALUE at OUT, which has room for it; returns the byte behind it.
inline std::uint8_t* StoreVarint(std::uint8_t* out, std::uint64_t value) {
  switch (VarintSize(value)) {
    case 1:
      *out = static_cast<std::uint8_t>(value);
      return out + 1;
    case 2:
      StoreBigEndian<2>(out, value | 0x4000);
      return out + 2;
    case 4:
      StoreBigEndian<4>(out, value | 0x8000'0000);
      return out + 4;
    default:
      StoreBigEndian<8>(out, value | 0xC000'0000'0000'0000);
      return out + 8;
  }
}

// nullopt (and the reader unmoved) when cut short or longer than needed.
[[nodiscard]] inline std::optional<std::uint64_t> ReadVarint(ByteReader& reader) {
  ByteReader ahead = reader;
  const auto first = ahead.U8();
  if (!first) return std::nullopt;
  std::uint64_t value = *first & 0x3F;
  if (const std::size_t size = std::size_t{1} << (*first >> 6); size > 1) {
    const auto rest = ahead.Take(size - 1);
    if (!rest) return std::nullopt;
    for (std::uint8_t byte : *rest) value = value << 8 | byte;
    if (VarintSize(value) != size) return std::nullopt;
  }
  reader = ahead;
  return value;
}

}  // namespace funnel::wire
