// Times one chunk at a time from its leaving to its acknowledgement. A chunk that was sent twice
// says nothing (RFC 9260 section 6.3.1, Karn's rule).
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/clock.h"

namespace funnel::sctp {

class RoundTrip {
 public:
  void OnFirstSent(std::uint32_t tsn, TimePoint now) {
    if (!tsn_) tsn_ = tsn, sent_ = now;
  }
  void OnResent(std::uint32_t tsn) {
    if (tsn_ == tsn) tsn_.reset();
  }
  // All up to CUMULATIVE_TSN have arrived. Yields the time that it took, where one was measured.
  [[nodiscard]] std::optional<Duration> OnAcknowledged(std::uint32_t cumulative_tsn,
                                                       TimePoint now) {
    if (!tsn_ || static_cast<std::int32_t>(cumulative_tsn - *tsn_) < 0) return std::nullopt;
    tsn_.reset();
    return now - sent_;
  }

 private:
  std::optional<std::uint32_t> tsn_;
  TimePoint sent_{};
};

}  // namespace funnel::sctp
