// What a HEARTBEAT of ours holds. Whoever answers with it got it at that address: nobody else can
// know it.
#pragma once

#include <array>
#include <cstdint>

namespace sctp {

using PathNonce = std::array<std::uint8_t, 16>;

}  // namespace sctp
