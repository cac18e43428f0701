#include "common/wire/channel/arrivals.h"

namespace funnel::wire {

bool Arrivals::IsConsistent(const SealedHeader& header) const {
  const std::uint64_t through = header.reliable_before + (header.reliable ? 1 : 0);
  if (has_end() && header.sequence >= *frames_at_end_) return false;
  if (header.sequence < window_.end()) return through <= announced_;
  if (has_end()) return through <= announced_;
  // At most as many more as there are frames between the newest so far and this one.
  return header.reliable_before >= announced_ &&
         header.reliable_before - announced_ <= header.sequence - window_.end();
}

Arrivals::Verdict Arrivals::Admit(const SealedHeader& header, TimePoint now) {
  switch (window_.Check(header.sequence)) {
    case ReplayWindow::Verdict::kReplay:
      return Verdict::kReplay;
    case ReplayWindow::Verdict::kTooOld:
      return Verdict::kTooOld;
    case ReplayWindow::Verdict::kNew:
      break;
  }

  if (!IsConsistent(header)) return Verdict::kInconsistent;
  const bool newest = header.sequence >= window_.end();
  if (newest && !has_end()) announced_ = header.reliable_before + (header.reliable ? 1 : 0);
  window_.Mark(header.sequence);
  if (header.reliable) {
    ++arrived_;
    if (watch_ && header.sequence < watch_->end) --watch_->missing;
  }
  Rewatch(now);

  // More reliable frames are missing than could still come: the window has passed one. After SetEnd
  // the frames beyond the newest can come too.
  const std::uint64_t ahead = has_end() ? *frames_at_end_ - window_.end() : 0;
  if (missing() > window_.holes() + ahead) return Verdict::kTampered;
  if (watch_ && window_.end() > watch_->end + ReplayWindow::kWidth) return Verdict::kTampered;
  return Verdict::kNew;
}

bool Arrivals::SetEnd(std::uint64_t frames, std::uint64_t reliable, TimePoint now) {
  if (has_end() || frames < window_.end() || reliable > frames || reliable < announced_ ||
      reliable - announced_ > frames - window_.end())
    return false;
  frames_at_end_ = frames;
  announced_ = reliable;
  Rewatch(now);
  return true;
}

void Arrivals::Rewatch(TimePoint now) {
  if (watch_ && watch_->missing == 0) watch_.reset();
  if (!watch_ && missing() > 0)
    watch_ = Watch{has_end() ? *frames_at_end_ : window_.end(), missing(), now};
}

}  // namespace funnel::wire
