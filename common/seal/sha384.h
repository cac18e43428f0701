// SHA-384 (FIPS 180-4) of one buffer: what the keys of suites above 1 are bound to.
#pragma once

#include <array>

#include "common/base/bytes.h"

namespace funnel::seal {

constexpr std::size_t kSha384Size = 48;
using Sha384Digest = std::array<std::uint8_t, kSha384Size>;

[[nodiscard]] Sha384Digest Sha384(ByteView bytes);

}  // namespace funnel::seal
