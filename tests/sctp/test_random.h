// Randomness that is the same in each run.
#pragma once

#include <random>

#include "sctp/base/random_source.h"

namespace sctp::testing {

class TestRandom : public RandomSource {
 public:
  explicit TestRandom(std::uint64_t seed) : engine_(seed) {}
  void Fill(MutableByteView out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }
  // Uniform in [0, 1).
  double Unit() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sctp::testing
