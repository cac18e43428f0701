// SipHash-2-4 with a result of 128 bits (Aumasson and Bernstein): the MAC of cookies.
#pragma once

#include <array>

#include "sctp/base/types.h"

namespace sctp {

using SipHashKey = std::array<std::uint8_t, 16>;
using SipHashSum = std::array<std::uint8_t, 16>;
[[nodiscard]] SipHashSum SipHash(const SipHashKey& key, ByteView message);

// Takes the same time wherever they differ.
[[nodiscard]] bool EqualInConstantTime(ByteView a, ByteView b);

}  // namespace sctp
