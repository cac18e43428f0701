// A sum over bytes in their order, at memory's speed: it shows what was lost, doubled or moved. It
// protects against accidents, not against attackers.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "common/base/bytes.h"

namespace funnel::bench {

class Sum {
 public:
  void Add(ByteView bytes) {
    total_ += bytes.size();
    if (fill_ > 0) bytes = bytes.subspan(Keep(bytes));
    for (; bytes.size() >= kStripe; bytes = bytes.subspan(kStripe)) Mix(bytes.data());
    if (!bytes.empty()) Keep(bytes);
  }
  [[nodiscard]] std::uint64_t value() const {
    std::uint64_t value = total_;
    for (std::uint64_t chain : chains_) value = Step(value, chain);
    for (std::size_t i = 0; i < fill_; ++i) value = Step(value, partial_[i]);
    return value;
  }

 private:
  // Four independent chains, so that a word costs a quarter of a multiplication's latency.
  static constexpr std::size_t kStripe = 4 * 8;

  static std::uint64_t Step(std::uint64_t chain, std::uint64_t word) {
    return (std::rotl(chain, 23) ^ word) * 0x9e3779b97f4a7c15;
  }
  void Mix(const std::uint8_t* at) {
    for (std::size_t i = 0; i < chains_.size(); ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, at + 8 * i, sizeof word);
      chains_[i] = Step(chains_[i], word);
    }
  }
  // Adds to the stripe that is not full; how many bytes it took.
  std::size_t Keep(ByteView bytes) {
    const std::size_t count = std::min(kStripe - fill_, bytes.size());
    std::memcpy(&partial_[fill_], bytes.data(), count);
    fill_ += count;
    if (fill_ == kStripe) {
      Mix(partial_.data());
      fill_ = 0;
    }
    return count;
  }

  std::array<std::uint64_t, 4> chains_{1, 2, 3, 4};
  std::array<std::uint8_t, kStripe> partial_{};
  std::size_t fill_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace funnel::bench
