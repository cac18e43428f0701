// Byte buffers that are used again: in a steady state nothing is allocated. One for an endpoint, so
// that idle associations hold none.
//
// Buffers have a few sizes, and a small piece never gets a large one: who keeps many small pieces
// costs little more than they have.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "sctp/base/types.h"

namespace sctp {

class BufferPool {
 public:
  // Empty, with room for BYTES. It holds at most kSlack times as many, or kLeastBytes.
  [[nodiscard]] Bytes Take(std::size_t bytes);
  // Makes room for MORE bytes behind those that BUFFER has.
  void Grow(Bytes& buffer, std::size_t more);
  void Give(Bytes&& buffer);

  static constexpr std::size_t kSlack = 4, kLeastBytes = 64;

 private:
  static constexpr std::array<std::size_t, 7> kSizes = {64,    256,    1024,      4096,
                                                        16384, 65'536, 128 * 1024};
  // Of each size.
  static constexpr std::size_t kMostKept = 512, kMostKeptBytes = 8 << 20;

  std::array<std::vector<Bytes>, kSizes.size()> free_;
};

}  // namespace sctp
