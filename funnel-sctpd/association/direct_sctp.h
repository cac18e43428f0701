// Whether direct SCTP is worth a try with one peer (carrier = auto): if it did not answer, it is
// left out for direct-retry, and status says why. Part of Peer. No I/O.
#pragma once

#include <string>

#include "common/base/clock.h"

namespace funnel::sctpd {

class DirectSctp {
 public:
  [[nodiscard]] bool IsWorthATry(TimePoint now) const { return now >= from_; }
  // From when it is tried again.
  [[nodiscard]] TimePoint from() const { return from_; }
  // Empty: it works, or was not tried.
  [[nodiscard]] const std::string& why_not() const { return why_not_; }

  void OnServes() {
    from_ = {};
    why_not_.clear();
  }
  // It did not work: it may be tried again at FROM.
  void OnFailed(std::string why, TimePoint from) {
    why_not_ = std::move(why);
    from_ = from;
  }
  // It could not be begun. That costs nothing, and a restart can cure it: so it is tried each time.
  void OnNotBegun(std::string why) { why_not_ = std::move(why); }

 private:
  TimePoint from_{};
  std::string why_not_;
};

}  // namespace funnel::sctpd
