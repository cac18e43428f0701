// What has arrived of one epoch in one direction, and what is known to be missing. Owned by the
// epoch.
//
// Every frame states how many reliable ones went before it, so the newest frame gives the exact
// number of reliable frames below it. Expirable frames may be missing for good; a reliable one may
// not.
#pragma once

#include <optional>

#include "common/base/clock.h"
#include "common/wire/channel/replay_window.h"
#include "common/wire/frame/sealed.h"

namespace funnel::wire {

class Arrivals {
 public:
  enum class Verdict {
    kNew,
    kReplay,
    kTooOld,
    kTampered,      // new, and proves that a reliable frame before it will never come
    kInconsistent,  // states counts that contradict earlier ones
  };

  // Admits a frame whose seal was good.
  Verdict Admit(const SealedHeader& header, TimePoint now);
  // The peer sends nothing more in this epoch, and says how many frames it had and how many of them
  // were reliable. False: that contradicts what came.
  [[nodiscard]] bool SetEnd(std::uint64_t frames, std::uint64_t reliable, TimePoint now);

  // Reliable frames known to exist that have not come.
  [[nodiscard]] std::uint64_t missing() const { return announced_ - arrived_; }
  [[nodiscard]] bool has_end() const { return frames_at_end_.has_value(); }
  [[nodiscard]] bool AllReliableArrived() const { return has_end() && missing() == 0; }
  [[nodiscard]] bool AllArrived() const {
    return has_end() && missing() == 0 && window_.total() == *frames_at_end_;
  }
  // Since when the reliable frame that is missing longest has been known to be missing, give or
  // take one watch; nullopt: none is.
  [[nodiscard]] std::optional<TimePoint> missing_since() const {
    return watch_ ? std::optional(watch_->since) : std::nullopt;
  }

 private:
  // Frames below `end` that were missing when the watch began. One watch at a time: a frame that
  // goes missing meanwhile is part of the next.
  struct Watch {
    std::uint64_t end;
    std::uint64_t missing;
    TimePoint since;
  };

  [[nodiscard]] bool IsConsistent(const SealedHeader& header) const;
  void Rewatch(TimePoint now);

  ReplayWindow window_;
  std::uint64_t announced_ = 0;  // reliable frames below window_.end(), or in all after SetEnd
  std::uint64_t arrived_ = 0;    // of them
  std::optional<std::uint64_t> frames_at_end_;
  std::optional<Watch> watch_;
};

}  // namespace funnel::wire
