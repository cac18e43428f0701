// Writes forward into a buffer of fixed size that it does not own. What does not fit is not
// written, and ok() is false from then on: one look at the end is enough.
#pragma once

#include "sctp/base/types.h"

namespace sctp {

class BufferWriter {
 public:
  explicit BufferWriter(MutableByteView buffer) : buffer_(buffer) {}

  BufferWriter& U8(std::uint8_t value) { return Integer<1>(value); }
  BufferWriter& U16(std::uint16_t value) { return Integer<2>(value); }
  BufferWriter& U32(std::uint32_t value) { return Integer<4>(value); }
  BufferWriter& U64(std::uint64_t value) { return Integer<8>(value); }
  BufferWriter& Append(ByteView bytes) {
    if (std::uint8_t* at = Claim(bytes.size()); at != nullptr && !bytes.empty())
      std::memcpy(at, bytes.data(), bytes.size());
    return *this;
  }
  BufferWriter& Zeros(std::size_t count) {
    if (std::uint8_t* at = Claim(count); at != nullptr && count > 0) std::memset(at, 0, count);
    return *this;
  }
  // Overwrites two bytes that are there already: a length known only at the end.
  void PatchU16(std::size_t at, std::uint16_t value) {
    if (ok_) funnel::StoreBigEndian<2>(buffer_.data() + at, value);
  }
  // Back to where position() was; ok() is as it was then if it was true.
  void Rewind(std::size_t position) {
    size_ = position;
    ok_ = true;
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t position() const { return size_; }
  [[nodiscard]] std::size_t space() const { return buffer_.size() - size_; }
  [[nodiscard]] MutableByteView written() const { return buffer_.first(size_); }

 private:
  std::uint8_t* Claim(std::size_t count) {
    if (!ok_ || count > space()) {
      ok_ = false;
      return nullptr;
    }
    std::uint8_t* at = buffer_.data() + size_;
    size_ += count;
    return at;
  }
  template <int kWidth>
  BufferWriter& Integer(std::uint64_t value) {
    if (std::uint8_t* at = Claim(kWidth)) funnel::StoreBigEndian<kWidth>(at, value);
    return *this;
  }

  MutableByteView buffer_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace sctp
