#include "common/wire/varint.h"

namespace funnel::wire {

std::optional<std::uint64_t> ReadVarint(ByteReader& reader) {
  ByteReader ahead = reader;
  auto first = ahead.U8();
  if (!first) return std::nullopt;
  const std::size_t size = std::size_t{1} << (*first >> 6);
  std::uint64_t value = *first & 0x3F;
  if (size > 1) {
    auto rest = ahead.Take(size - 1);
    if (!rest) return std::nullopt;
    for (std::uint8_t byte : *rest) value = value << 8 | byte;
    if (VarintSize(value) != size) return std::nullopt;
  }
  reader = ahead;
  return value;
}

}  // namespace funnel::wire
