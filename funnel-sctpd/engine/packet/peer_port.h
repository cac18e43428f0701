// libusrsctp's names for peers: port numbers.
#pragma once

#include <cstdint>
#include <optional>

#include "funnel-sctpd/engine/userland/usrsctp_stack.h"

namespace funnel::sctp {

// How many are looked at. With half of all ports in use so many in a row are as good as never
// taken.
inline constexpr int kPortsTried = 256;

// The first one from FIRST on, of those that are looked at, for which IS_TAKEN says no. nullopt:
// there is none, and whoever asked for it is turned away.
template <typename IsTaken>
[[nodiscard]] std::optional<PeerPort> FreePort(std::uint16_t first, IsTaken is_taken) {
  std::uint16_t port = first;
  for (int tried = 0; tried < kPortsTried; ++tried, ++port)
    if (port != 0 && !is_taken(PeerPort(port))) return PeerPort(port);
  return std::nullopt;
}

}  // namespace funnel::sctp
