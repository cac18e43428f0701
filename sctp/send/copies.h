// Second copies of lone small messages. A lost message is noticed a round trip later at the
// earliest; its copy, which is sent some milliseconds after it, has arrived by then. A copy also
// survives a burst of losses that is shorter than that.
//
// Copies must not falsify what acknowledgements tell. So this remembers which TSNs had a copy, for
// as long as duplicates of them may be reported. An acknowledgement that may be the copy's says
// nothing at first. If a duplicate is reported then, both arrived, and the time that the first one
// took is known; if none is reported, the first one was lost.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "sctp/base/types.h"

namespace sctp {

class Copies {
 public:
  // AFTER is the time from the first transmission to the copy.
  explicit Copies(Duration after) : after_(after) {}

  // TSN was sent for the first time, and a copy must follow.
  void Plan(Tsn tsn, TimePoint sent) { planned_.push_back({tsn, sent + after_}); }
  // Whether a copy must be sent by NOW.
  [[nodiscard]] bool Due(TimePoint now) const { return next() <= now; }
  [[nodiscard]] TimePoint next() const {
    return planned_.empty() ? TimePoint::max() : planned_.front().due;
  }
  // Whether it is so late that a copy is useless.
  [[nodiscard]] bool late(TimePoint now) const { return now > planned_.front().due + 4 * after_; }
  [[nodiscard]] Tsn front() const { return planned_.front().tsn; }
  void PopFront() { planned_.pop_front(); }

  // The copy was sent.
  void OnSent(Tsn tsn);
  [[nodiscard]] bool Had(Tsn tsn) const;
  // TSN, of SIZE bytes, was acknowledged RTT after it was sent, so late that its copy may have
  // caused that. UNTIL: if both had arrived, a duplicate would have been reported by then.
  void OnDoubtful(Tsn tsn, std::size_t size_bytes, Duration rtt, TimePoint until);
  // The round trip of the first transmission, if it was doubtful until now.
  std::optional<Duration> OnDuplicate(Tsn tsn);
  // The size of one that was acknowledged, and of which no duplicate was reported in time.
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
  // A later TSN with the same place replaces it; then nothing is known any more about the earlier
  // one.
  static constexpr std::size_t kRemembered = 4096;
  [[nodiscard]] static std::size_t PlaceOf(Tsn tsn) { return tsn.value() % kRemembered; }

  Duration after_;
  std::deque<Planned> planned_;  // in the order of time
  std::deque<Doubtful> doubtful_;
  std::vector<Sent> sent_;  // empty until the first copy was sent
};

}  // namespace sctp
