#include "sctp/base/tsn_runs.h"

#include <algorithm>

namespace sctp {

std::size_t TsnRuns::Find(Tsn tsn) const {
  // Nearly all that comes belongs at the end.
  if (empty() || runs_.back().last < tsn) return runs_.size();
  const auto at =
      std::partition_point(runs_.begin() + static_cast<std::ptrdiff_t>(skip_), runs_.end(),
                           [tsn](const TsnRun& run) { return run.last < tsn; });
  return static_cast<std::size_t>(at - runs_.begin());
}

bool TsnRuns::Contains(Tsn tsn) const {
  if (tsn <= cumulative_) return true;
  const std::size_t at = Find(tsn);
  return at < runs_.size() && runs_[at].first <= tsn;
}

void TsnRuns::DropFront(std::size_t count) {
  skip_ += count;
  if (skip_ == runs_.size()) {
    runs_.clear();
    skip_ = 0;
  } else if (skip_ >= 64 && 2 * skip_ >= runs_.size()) {
    runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(skip_));
    skip_ = 0;
  }
}

void TsnRuns::AdvanceTo(Tsn tsn) {
  if (tsn <= cumulative_) return;
  cumulative_ = tsn;
  std::size_t gone = 0;
  for (const TsnRun& run : runs()) {
    if (run.first > cumulative_ + 1) break;
    cumulative_ = std::max(cumulative_, run.last);
    ++gone;
  }
  if (gone > 0) DropFront(gone);
}

void TsnRuns::Clear() {
  runs_.clear();
  skip_ = 0;
}

TsnRuns::Added TsnRuns::AddRange(TsnRun range) {
  if (range.last <= cumulative_) return Added::kDuplicate;

  if (range.first <= cumulative_ + 1) {
    AdvanceTo(range.last);
    return Added::kNew;
  }

  const std::size_t at = Find(range.first - 1u);  // a run that ends right before counts as touching
  if (at < runs_.size() && runs_[at].first <= range.first && runs_[at].last >= range.last)
    return Added::kDuplicate;
  std::size_t end = at;
  while (end < runs_.size() && runs_[end].first <= range.last + 1) ++end;

  if (end == at) {
    if (runs().size() >= max_runs_) return Added::kNoRoom;
    runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(at), range);
    return Added::kNew;
  }

  runs_[at].first = std::min(runs_[at].first, range.first);
  runs_[at].last = std::max(runs_[end - 1].last, range.last);
  runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(at) + 1,
              runs_.begin() + static_cast<std::ptrdiff_t>(end));
  return Added::kNew;
}

}  // namespace sctp
