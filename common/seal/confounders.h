// Random blocks for confounders (RFC 3961 section 5.3), drawn many at a time: the random number
// generator's cost lies in the call.
#pragma once

#include <cstddef>
#include <cstdint>

namespace funnel::seal {

class Confounders {
 public:
  static constexpr std::size_t kSize = 16;

  // Fills OUT, of kSize bytes, with bytes never used before. False: no randomness to be had.
  [[nodiscard]] bool Next(std::uint8_t* out);

 private:
  static constexpr std::size_t kPool = 16 * kSize;
  std::uint8_t pool_[kPool];
  std::size_t used_ = kPool;
};

}  // namespace funnel::seal
