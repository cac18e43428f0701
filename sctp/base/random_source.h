// Randomness, passed in: tags, TSNs and keys have to be unpredictable, tests repeatable.
#pragma once

#include "sctp/base/types.h"

namespace sctp {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void Fill(MutableByteView out) = 0;

  [[nodiscard]] std::uint32_t U32() {
    std::uint8_t raw[4];
    Fill(raw);
    return static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(raw));
  }
  [[nodiscard]] std::uint32_t NonzeroU32() {
    for (;;)
      if (const std::uint32_t value = U32(); value != 0) return value;
  }
};

}  // namespace sctp
