// Connecting side: what becomes of new sessions, which the far ends are told (SERVING):
// on-backend-down while all backends fail their checks, or the drain.
//
// Owned by the edge, on the loop's thread.
#pragma once

#include <string_view>

#include "common/wire/frame/serving.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class ServingReport {
 public:
  // SHARED outlives it.
  explicit ServingReport(SharedState& shared) : shared_(shared) {}

  // Backends, drain or configuration may have changed: counts and logs that. False: it is as it
  // was.
  [[nodiscard]] bool Update();
  [[nodiscard]] wire::Serving state() const { return state_; }

 private:
  [[nodiscard]] wire::Serving Decide(bool all_down) const;

  SharedState& shared_;
  wire::Serving state_ = wire::Serving::kYes;
  bool all_down_ = false;
};

// Listening side: why a far end that says this serves nobody, or nobody yet; empty with kYes.
[[nodiscard]] std::string_view ServingText(wire::Serving serving);

}  // namespace funnel::tcpd
