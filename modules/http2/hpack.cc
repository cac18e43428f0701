#include "modules/http2/hpack.h"

namespace http2 {
namespace {

// RFC 7541, appendix A.
constexpr std::uint32_t kStaticEntries = 61;

class Reader {
 public:
  explicit Reader(const Part& block) : at_(block.begin), end_(block.begin + block.size) {}

  [[nodiscard]] bool empty() const { return at_ == end_; }
  [[nodiscard]] std::uint8_t first() const { return *at_; }

  // An integer whose first octet has BITS of it (section 5.1).
  [[nodiscard]] std::optional<std::uint32_t> Integer(unsigned bits) {
    if (empty()) return std::nullopt;
    const std::uint8_t mask = static_cast<std::uint8_t>((1u << bits) - 1);
    std::uint64_t value = *at_++ & mask;
    if (value < mask) return static_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift <= 28; shift += 7) {
      if (empty()) return std::nullopt;
      const std::uint8_t octet = *at_++;
      value += static_cast<std::uint64_t>(octet & 0x7f) << shift;
      if ((octet & 0x80) != 0) continue;
      if (value > UINT32_MAX) return std::nullopt;
      return static_cast<std::uint32_t>(value);
    }
    return std::nullopt;
  }

  // A string, compressed or not (section 5.2).
  [[nodiscard]] bool SkipString() {
    const std::optional<std::uint32_t> size = Integer(7);
    if (!size || *size > static_cast<std::size_t>(end_ - at_)) return false;
    at_ += *size;
    return true;
  }

 private:
  const std::uint8_t *at_, *end_;
};

// A name by its index or spelt out, and a value (section 6.2). BITS are those of the index.
bool ReadLiteral(Reader& reader, unsigned bits, TableUse& use) {
  const std::optional<std::uint32_t> name = reader.Integer(bits);
  if (!name) return false;
  if (*name > kStaticEntries) use.refers = true;
  return (*name != 0 || reader.SkipString()) && reader.SkipString();
}

}  // namespace

std::optional<TableUse> ReadBlock(const Part& block) {
  Reader reader(block);
  TableUse use;
  // Changes of the table's size come first (section 4.2).
  for (bool any_field = false; !reader.empty();) {
    const std::uint8_t first = reader.first();
    if ((first & 0x80) != 0) {
      const std::optional<std::uint32_t> index = reader.Integer(7);
      if (!index || *index == 0) return std::nullopt;
      if (*index > kStaticEntries) use.refers = true;
    } else if ((first & 0x40) != 0) {
      if (!ReadLiteral(reader, 6, use)) return std::nullopt;
      use.inserts = true;
    } else if ((first & 0x20) != 0) {
      use.resized_to = reader.Integer(5);
      if (!use.resized_to || any_field) return std::nullopt;
      continue;
    } else if (!ReadLiteral(reader, 4, use)) {
      return std::nullopt;
    }
    any_field = true;
  }

  return use;
}

}  // namespace http2
