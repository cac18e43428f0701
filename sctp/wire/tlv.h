// Parameters and error causes: the same form under two names.
//
//    0                   1                   2                   3
//   |             code              |            length             |
//   |                          value ...                            |
//
// The length counts the four bytes of header and not the padding behind the value (RFC 9260 section
// 3.2.1). Padding of the last one may be missing.
#pragma once

#include <algorithm>
#include <optional>

#include "sctp/wire/buffer_writer.h"

namespace sctp {

inline constexpr std::size_t kTlvHeaderSize = 4;

struct Tlv {
  std::uint16_t code = 0;
  ByteView value;
};

// Reads one after the other. Next() is nullopt at the end; malformed() says whether that was a bad
// length.
class TlvReader {
 public:
  explicit TlvReader(ByteView bytes) : rest_(bytes) {}
  [[nodiscard]] std::optional<Tlv> Next() {
    if (rest_.empty() || malformed_) return std::nullopt;
    if (rest_.size() < kTlvHeaderSize) return Malformed();
    const auto code = static_cast<std::uint16_t>(funnel::LoadBigEndian<2>(rest_.data()));
    const std::size_t length = funnel::LoadBigEndian<2>(rest_.data() + 2);
    if (length < kTlvHeaderSize || length > rest_.size()) return Malformed();
    const Tlv found{code, rest_.subspan(kTlvHeaderSize, length - kTlvHeaderSize)};
    rest_ = rest_.subspan(std::min(Padded(length), rest_.size()));
    return found;
  }
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::optional<Tlv> Malformed() {
    malformed_ = true;
    return std::nullopt;
  }
  ByteView rest_;
  bool malformed_ = false;
};

// Writes one whole, padding included.
inline void WriteTlv(BufferWriter& out, std::uint16_t code, ByteView value) {
  out.U16(code).U16(static_cast<std::uint16_t>(kTlvHeaderSize + value.size())).Append(value);
  out.Zeros(Padded(value.size()) - value.size());
}

}  // namespace sctp
