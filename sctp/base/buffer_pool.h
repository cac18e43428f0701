// Byte buffers that are used again: in a steady state nothing is allocated. One for an endpoint, so
// that idle associations hold none.
#pragma once

#include <utility>
#include <vector>

#include "sctp/base/types.h"

namespace sctp {

class BufferPool {
 public:
  // Empty, with whatever capacity it had.
  [[nodiscard]] Bytes Take() {
    if (free_.empty()) return {};
    Bytes buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void Give(Bytes&& buffer) {
    if (buffer.capacity() == 0 || buffer.capacity() > kLargestKept || free_.size() >= kMostKept)
      return;
    buffer.clear();
    free_.push_back(std::move(buffer));
  }

 private:
  static constexpr std::size_t kLargestKept = 128 * 1024, kMostKept = 512;
  std::vector<Bytes> free_;
};

}  // namespace sctp
