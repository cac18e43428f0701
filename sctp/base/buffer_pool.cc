#include "sctp/base/buffer_pool.h"

#include <algorithm>

namespace sctp {

Bytes BufferPool::Take(std::size_t bytes) {
  const auto size = std::lower_bound(kSizes.begin(), kSizes.end(), bytes);
  Bytes buffer;
  if (size == kSizes.end()) {
    buffer.reserve(bytes);
    return buffer;
  }

  std::vector<Bytes>& free = free_[static_cast<std::size_t>(size - kSizes.begin())];
  if (free.empty()) {
    buffer.reserve(*size);
  } else {
    buffer = std::move(free.back());
    free.pop_back();
  }
  return buffer;
}

void BufferPool::Grow(Bytes& buffer, std::size_t more) {
  if (buffer.size() + more <= buffer.capacity()) return;
  Bytes larger = Take(buffer.size() + more);
  larger.assign(buffer.begin(), buffer.end());
  Give(std::exchange(buffer, std::move(larger)));
}

void BufferPool::Give(Bytes&& buffer) {
  // What was not made here, or has grown by itself, has another size.
  const auto size = std::lower_bound(kSizes.begin(), kSizes.end(), buffer.capacity());
  if (size == kSizes.end() || *size != buffer.capacity()) return;
  std::vector<Bytes>& free = free_[static_cast<std::size_t>(size - kSizes.begin())];
  if (free.size() >= std::min(kMostKept, kMostKeptBytes / *size)) return;
  buffer.clear();
  free.push_back(std::move(buffer));
}

}  // namespace sctp
