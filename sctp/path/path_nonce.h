// What a HEARTBEAT of ours holds. Who answers with it was asked at that address: nobody else can
// know it.
#pragma once

#include <array>
#include <cstdint>

namespace sctp {

using PathNonce = std::array<std::uint8_t, 16>;

}  // namespace sctp
