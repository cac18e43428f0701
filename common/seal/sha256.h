// SHA-256 (FIPS 180-4) of one buffer: channel bindings and CONFIRM.
#pragma once

#include <array>

#include "common/base/bytes.h"

namespace funnel::seal {

constexpr std::size_t kSha256Size = 32;
using Sha256Digest = std::array<std::uint8_t, kSha256Size>;

[[nodiscard]] Sha256Digest Sha256(ByteView bytes);

}  // namespace funnel::seal
