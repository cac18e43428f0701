// Random bytes from the kernel (getrandom(2)); fit for nonces, claims and channel numbers.
#pragma once

#include "common/base/bytes.h"

namespace funnel {

void FillRandom(MutableByteView out);
[[nodiscard]] std::uint64_t RandomU64();
// Uniform in [0, 1): jitter, not keys.
[[nodiscard]] double RandomUnit();

}  // namespace funnel
