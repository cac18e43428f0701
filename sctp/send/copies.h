// Second copies of lone small messages. A lost message is noticed a round trip later at the
// earliest; its copy, which leaves some milliseconds after it, is there by then. A copy also
// outlives a burst of losses that is shorter than that.
//
// Copies must not falsify what acknowledgements teach. So it is kept which TSNs had one, for as
// long as duplicates of them may be reported. An acknowledgement that the copy alone may have
// caused says nothing at first. If a duplicate is reported, both came, and the time that the first
// one took is known; if none is reported, the first one was lost.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "sctp/base/types.h"

namespace sctp {

class Copies {
 public:
  // AFTER: how far behind the first transmission.
  explicit Copies(Duration after) : after_(after) {}

  // TSN has left for the first time, and a copy is to follow.
  void Plan(Tsn tsn, TimePoint sent) { planned_.push_back({tsn, sent + after_}); }
  // Whether one is to leave by NOW.
  [[nodiscard]] bool Due(TimePoint now) const { return next() <= now; }
  [[nodiscard]] TimePoint next() const {
    return planned_.empty() ? TimePoint::max() : planned_.front().due;
  }
  // Whether it is so late that a copy is of no use any more.
  [[nodiscard]] bool late(TimePoint now) const { return now > planned_.front().due + 4 * after_; }
  [[nodiscard]] Tsn front() const { return planned_.front().tsn; }
  void PopFront() { planned_.pop_front(); }

  // The copy has left.
  void OnSent(Tsn tsn);
  [[nodiscard]] bool Had(Tsn tsn) const;
  // TSN, of SIZE bytes, was acknowledged RTT after it was sent, when its copy could have been what
  // was. UNTIL: a duplicate would have been reported by then, had both come.
  void OnDoubtful(Tsn tsn, std::size_t size_bytes, Duration rtt, TimePoint until);
  // The round trip of the first transmission, if that was doubtful until now.
  std::optional<Duration> OnDuplicate(Tsn tsn);
  // One that was acknowledged, and of which no duplicate was reported in time: its size.
  [[nodiscard]] std::optional<std::size_t> TakeLost(TimePoint now);

 private:
  struct Planned {
    Tsn tsn;
    TimePoint due;
  };
  struct Doubtful {
    Tsn tsn;
    std::size_t size_bytes = 0;
    TimePoint until;
  };
  struct Sent {
    bool used = false, duplicate = false;
    Tsn tsn;
    Duration rtt{};  // while it is doubtful
  };
  // A later one in the same place takes it over: of those between, nothing is known any more.
  static constexpr std::size_t kRemembered = 4096;
  [[nodiscard]] static std::size_t PlaceOf(Tsn tsn) { return tsn.value() % kRemembered; }

  Duration after_;
  std::deque<Planned> planned_;  // in the order of time
  std::deque<Doubtful> doubtful_;
  std::vector<Sent> sent_;  // empty until one was
};

}  // namespace sctp
