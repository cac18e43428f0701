// Which TSNs above a cumulative one are there, as runs: what a receiver has got, and what a sender
// knows to have arrived. Neighbours are merged, so a lossless transfer holds none.
#pragma once

#include <span>
#include <vector>

#include "sctp/base/serial.h"

namespace sctp {

struct TsnRun {
  Tsn first, last;  // inclusive
  bool operator==(const TsnRun&) const = default;
};

class TsnRuns {
 public:
  // MAX_RUNS bounds memory, and the cost of an addition in the middle.
  explicit TsnRuns(Tsn cumulative, std::size_t max_runs = kDefaultMaxRuns)
      : cumulative_(cumulative), max_runs_(max_runs) {}
  static constexpr std::size_t kDefaultMaxRuns = 4096;

  // Everything up to and with this is there.
  [[nodiscard]] Tsn cumulative() const { return cumulative_; }
  [[nodiscard]] Tsn highest() const { return empty() ? cumulative_ : runs_.back().last; }
  // Runs above cumulative() + 1, ascending, never touching each other or it.
  [[nodiscard]] std::span<const TsnRun> runs() const { return std::span(runs_).subspan(skip_); }
  [[nodiscard]] bool empty() const { return skip_ == runs_.size(); }
  [[nodiscard]] bool Contains(Tsn tsn) const;

  enum class Added {
    kNew,
    kDuplicate,
    kNoRoom,  // it would be one run too many
  };
  Added Add(Tsn tsn) { return AddRange({tsn, tsn}); }
  // All of RANGE; kDuplicate if nothing of it is new.
  Added AddRange(TsnRun range);
  // Calls NEW_PART(TsnRun) for each part of RANGE that is not there, ascending.
  template <typename Function>
  void ForMissing(TsnRun range, Function missing_part) const;

  // Everything up to and with TSN is there from now on; ignored if it is behind.
  void AdvanceTo(Tsn tsn);
  // Forgets all above cumulative().
  void Clear();

 private:
  // The first run whose last TSN is not before TSN.
  [[nodiscard]] std::size_t Find(Tsn tsn) const;
  void DropFront(std::size_t count);

  Tsn cumulative_;
  std::size_t max_runs_;
  std::vector<TsnRun> runs_;
  // Runs before this index are gone; they are removed together, now and then.
  std::size_t skip_ = 0;
};

template <typename Function>
void TsnRuns::ForMissing(TsnRun range, Function missing_part) const {
  if (range.first <= cumulative_) range.first = cumulative_ + 1;
  for (std::size_t i = Find(range.first); range.first <= range.last; ++i) {
    if (i == runs_.size() || runs_[i].first > range.last) {
      missing_part(range);
      return;
    }
    if (runs_[i].first > range.first) missing_part(TsnRun{range.first, runs_[i].first - 1u});
    range.first = runs_[i].last + 1;
  }
}

}  // namespace sctp
