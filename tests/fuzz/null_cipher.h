// Seals nothing: for fuzzing and measuring what lies around the seal.
#pragma once

#include "common/wire/frame/crypto.h"

namespace funnel::wire {

class NullCipher : public FrameCipher {
 public:
  std::size_t Overhead() const override { return 0; }
  Result<> Seal(std::uint64_t, std::span<const ByteView> pieces, MutableByteView out) override {
    std::size_t at = 0;
    for (ByteView piece : pieces) {
      if (piece.size() > out.size() - at) return Fail("pieces are larger than the token");
      if (!piece.empty()) std::memcpy(&out[at], piece.data(), piece.size());
      at += piece.size();
    }
    if (at != out.size()) return Fail("pieces are smaller than the token");
    return {};
  }
  Result<MutableByteView> Open(MutableByteView token) override { return token; }
};

}  // namespace funnel::wire
