// Keeps libusrsctp from flooding a full path. In fast recovery it counts each advancing SACK
// against every chunk still missing, also against those it has just sent again: after a burst of
// losses it sends the same chunks over and over, a hundred times what was lost. Nothing can be
// known of a copy that left less than a round trip ago; so a further one is withheld, which
// libusrsctp takes for one more loss.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "common/base/clock.h"

namespace funnel::sctp {

class ResendGuard {
 public:
  enum class Verdict {
    kFirst,     // never sent before
    kResend,    // sent before, long enough ago
    kTooEarly,  // a copy is still on its way: do not send
  };

  // A DATA chunk with TSN is about to leave. ROUND_TRIP: a little less than what the path takes;
  // zero withholds nothing.
  [[nodiscard]] Verdict OnChunk(std::uint32_t tsn, TimePoint now,
                                std::chrono::milliseconds round_trip);

 private:
  using Moment = std::uint32_t;  // in kUnit, wraps
  static constexpr std::chrono::microseconds kUnit{100};
  // TSNs under way at a time: what a receiver takes (usrsctp_stack.cc); a power of two.
  static constexpr std::uint32_t kSlots = 4096;

  bool any_ = false;
  std::uint32_t highest_ = 0;
  std::vector<Moment> sent_;  // by TSN modulo kSlots; made by the first chunk
};

}  // namespace funnel::sctp
