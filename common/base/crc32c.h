// CRC32c (RFC 9260 appendix A), by the processor's instruction where it has one.
#pragma once

#include <cstdint>

#include "common/base/bytes.h"

namespace funnel {

// Over several pieces: Crc32c(b, Crc32c(a)) is the sum of a and b together.
[[nodiscard]] std::uint32_t Crc32c(ByteView bytes, std::uint32_t earlier = 0);

namespace internal {
// The portable way, always there; what the others are tested against.
[[nodiscard]] std::uint32_t Crc32cPortable(ByteView bytes, std::uint32_t earlier);
// Which way Crc32c goes on this machine: "sse4.2", "armv8" or "portable".
[[nodiscard]] const char* Crc32cMethod();
}  // namespace internal

}  // namespace funnel
