// Byte buffers, and big-endian reading and writing of them (network order, RFC 1700).
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace funnel {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Stores and loads of WIDTH bytes, most significant first.
template <int kWidth>
inline void StoreBigEndian(std::uint8_t* at, std::uint64_t value) {
  for (int i = 0; i < kWidth; ++i)
    at[i] = static_cast<std::uint8_t>(value >> (8 * (kWidth - 1 - i)));
}
template <int kWidth>
inline std::uint64_t LoadBigEndian(const std::uint8_t* at) {
  std::uint64_t value = 0;
  for (int i = 0; i < kWidth; ++i) value = value << 8 | at[i];
  return value;
}

// Reads forward through a buffer it does not own. A read past the end yields nullopt and leaves the
// position where it was. `AtEnd` is how a parser rejects trailing bytes.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] std::optional<std::uint8_t> U8() { return Integer<std::uint8_t, 1>(); }
  [[nodiscard]] std::optional<std::uint16_t> U16() { return Integer<std::uint16_t, 2>(); }
  [[nodiscard]] std::optional<std::uint32_t> U24() { return Integer<std::uint32_t, 3>(); }
  [[nodiscard]] std::optional<std::uint32_t> U32() { return Integer<std::uint32_t, 4>(); }
  [[nodiscard]] std::optional<std::uint64_t> U64() { return Integer<std::uint64_t, 8>(); }
  [[nodiscard]] std::optional<ByteView> Take(std::size_t count) {
    if (count > remaining()) return std::nullopt;
    ByteView taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }
  // A field of 16 or 32 bit length, then that many bytes.
  [[nodiscard]] std::optional<ByteView> Block16() { return Block(U16()); }
  [[nodiscard]] std::optional<ByteView> Block32() { return Block(U32()); }
  [[nodiscard]] ByteView Rest() { return *Take(remaining()); }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] bool AtEnd() const { return at_ == bytes_.size(); }

 private:
  template <typename T, int kWidth>
  std::optional<T> Integer() {
    auto raw = Take(kWidth);
    if (!raw) return std::nullopt;
    return static_cast<T>(LoadBigEndian<kWidth>(raw->data()));
  }
  template <typename Length>
  std::optional<ByteView> Block(std::optional<Length> length) {
    if (!length) return std::nullopt;
    auto body = Take(*length);
    if (!body) at_ -= sizeof(Length);
    return body;
  }

  ByteView bytes_;
  std::size_t at_ = 0;
};

// Appends to a buffer it owns.
class ByteWriter {
 public:
  ByteWriter& U8(std::uint8_t value) { return Integer<1>(value); }
  ByteWriter& U16(std::uint16_t value) { return Integer<2>(value); }
  ByteWriter& U24(std::uint32_t value) { return Integer<3>(value); }
  ByteWriter& U32(std::uint32_t value) { return Integer<4>(value); }
  ByteWriter& U64(std::uint64_t value) { return Integer<8>(value); }
  ByteWriter& Append(ByteView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  ByteWriter& Append(std::string_view text) { return Append(AsBytes(text)); }
  // The caller has checked that the size fits the length field.
  ByteWriter& Block16(ByteView bytes) {
    return U16(static_cast<std::uint16_t>(bytes.size())).Append(bytes);
  }
  ByteWriter& Block32(ByteView bytes) {
    return U32(static_cast<std::uint32_t>(bytes.size())).Append(bytes);
  }

  [[nodiscard]] const Bytes& bytes() const { return out_; }
  [[nodiscard]] Bytes Release() { return std::move(out_); }

 private:
  template <int kWidth>
  ByteWriter& Integer(std::uint64_t value) {
    std::uint8_t raw[kWidth];
    StoreBigEndian<kWidth>(raw, value);
    return Append(ByteView(raw));
  }

  Bytes out_;
};

}  // namespace funnel
