// Deadlines of many owners, the earliest at hand. An owner whose time has not come, or who has
// none, costs nothing, however many there are. No clock and no timer of its own: whoever owns this
// waits until next() and calls RunDue().
#pragma once

#include <map>

#include "common/base/clock.h"

namespace funnel {

// Outlives its entries. One thread.
template <typename Owner>
class Deadlines {
 public:
  // A member of the owner, who has at most one deadline by it and takes it along when it goes.
  class Deadline {
   public:
    explicit Deadline(Owner& owner) : owner_(owner) {}
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    ~Deadline() { Clear(); }

    void Clear() {
      if (in_ != nullptr) in_->all_.erase(place_);
      in_ = nullptr;
    }
    // max(): there is none.
    [[nodiscard]] TimePoint at() const { return in_ != nullptr ? place_->first : TimePoint::max(); }

   private:
    friend class Deadlines;
    Owner& owner_;
    Deadlines* in_ = nullptr;
    typename std::multimap<TimePoint, Deadline*>::iterator place_;
  };

  // Instead of what it was before. AT max(): none.
  void Set(Deadline& deadline, TimePoint at) {
    deadline.Clear();
    if (at == TimePoint::max()) return;
    deadline.place_ = all_.emplace(at, &deadline);
    deadline.in_ = this;
  }
  // AT, unless it is to come before that anyway.
  void SetEarlier(Deadline& deadline, TimePoint at) {
    if (at < deadline.at()) Set(deadline, at);
  }

  // max(): nobody has one.
  [[nodiscard]] TimePoint next() const {
    return all_.empty() ? TimePoint::max() : all_.begin()->first;
  }
  // Calls ON_DUE for each owner whose time has come, the longest due first; they have no deadline
  // from there on. It may set new ones, also such as are due at once, and destroy owners; it is
  // called no more often than there were deadlines.
  template <typename OnDue>
  void RunDue(TimePoint now, OnDue&& on_due) {
    for (std::size_t left = all_.size(); left > 0 && next() <= now; --left) {
      Deadline& due = *all_.begin()->second;
      due.Clear();
      on_due(due.owner_);
    }
  }

 private:
  std::multimap<TimePoint, Deadline*> all_;
};

}  // namespace funnel
