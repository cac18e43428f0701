// What an acceptor's service does with the sessions that are opened now (SERVING,
// man/funnel-protocol.7).
#pragma once

#include <cstdint>

namespace funnel::wire {

// The values on the wire. A later version may send others.
enum class Serving : std::uint64_t {
  kYes = 0,
  kNoBackend = 1,        // none works: sessions are refused
  kWaitsForBackend = 2,  // none works: sessions wait for one
  kDrained = 3,          // they are refused
};

// Whether sessions are taken. Of a value that this version does not know they are not.
[[nodiscard]] constexpr bool TakesSessions(Serving serving) {
  return serving == Serving::kYes || serving == Serving::kWaitsForBackend;
}

}  // namespace funnel::wire
