// Whether direct SCTP is worth a try with one peer (carrier = auto): where it did not answer it is
// left out for direct-retry, and status says why. Part of Peer. No I/O.
#pragma once

#include <string>

#include "common/base/clock.h"

namespace funnel::sctpd {

class DirectSctp {
 public:
  [[nodiscard]] bool IsWorthATry(TimePoint now) const { return now >= from_; }
  // It is tried again from then on.
  [[nodiscard]] TimePoint from() const { return from_; }
  // Empty: it serves, or was not tried.
  [[nodiscard]] const std::string& why_not() const { return why_not_; }

  void OnServes() {
    from_ = {};
    why_not_.clear();
  }
  // It did not serve: FROM is when it may again.
  void OnFailed(std::string why, TimePoint from) {
    why_not_ = std::move(why);
    from_ = from;
  }
  // It could not even be begun. That costs nothing, and a restart mends it: it is tried each time.
  void OnNotBegun(std::string why) { why_not_ = std::move(why); }

 private:
  TimePoint from_{};
  std::string why_not_;
};

}  // namespace funnel::sctpd
