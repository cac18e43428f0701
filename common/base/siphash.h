// SipHash-2-4 (Aumasson and Bernstein) with a result of 64 or of 128 bits: a fast keyed hash. Who
// does not know the key can neither choose inputs that collide nor know what another one hashes to,
// so it picks places in tables that strangers fill, and is a MAC of short things.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/bytes.h"

namespace funnel {

class SipHash {
 public:
  using Key = std::array<std::uint8_t, 16>;
  using Sum128 = std::array<std::uint8_t, 16>;

  explicit SipHash(const Key& key);
  // A key that nobody has had before.
  [[nodiscard]] static SipHash WithRandomKey();

  [[nodiscard]] std::uint64_t Hash64(ByteView message) const;
  // In the order of bytes that the reference implementation writes.
  [[nodiscard]] Sum128 Hash128(ByteView message) const;

 private:
  std::uint64_t k0_, k1_;
};

}  // namespace funnel
