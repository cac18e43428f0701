// What several receivers may hold together, so that peers which nobody has verified yet cannot fill
// the memory by being many. A receiver holds a share of it until its peer is trusted.
//
// The last quarter is for one at a time, which has begun a message and found no room. Otherwise all
// could hold a part of theirs and wait for the rest for ever.
//
// Thread: one. The budget outlives its shares.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sctp {

class BudgetShare;

class ReceiveBudget {
 public:
  // REFUSED counts the chunks that found no room; it outlives the budget.
  ReceiveBudget(std::size_t limit_bytes, std::uint64_t& refused)
      : limit_bytes_(limit_bytes), refused_(refused) {}

  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }

 private:
  friend class BudgetShare;
  std::size_t limit_bytes_, held_bytes_ = 0;
  const BudgetShare* helped_ = nullptr;  // the one that may use the last quarter
  std::uint64_t& refused_;
};

// What one receiver holds of a budget; gives it back at its end.
class BudgetShare {
 public:
  // nullptr: there is no budget, and everything fits.
  explicit BudgetShare(ReceiveBudget* budget) : budget_(budget) {}
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;
  ~BudgetShare() { Leave(); }

  [[nodiscard]] std::size_t free_bytes() const {
    if (budget_ == nullptr) return SIZE_MAX;
    const std::size_t most = budget_->limit_bytes_;
    const std::size_t limit = budget_->helped_ == this ? most : most - most / 4;
    return budget_->held_bytes_ < limit ? limit - budget_->held_bytes_ : 0;
  }
  // Whether MORE bytes fit; counts it if not.
  [[nodiscard]] bool Fits(std::size_t more) {
    if (more <= free_bytes()) return true;
    if (budget_->helped_ == nullptr && held_bytes_ > 0) {
      budget_->helped_ = this;
      if (more <= free_bytes()) return true;
    }
    ++budget_->refused_;
    return false;
  }
  // The receiver holds so much now.
  void Set(std::size_t held_bytes) {
    if (budget_ == nullptr) return;
    budget_->held_bytes_ += held_bytes - held_bytes_;
    held_bytes_ = held_bytes;
    if (held_bytes == 0 && budget_->helped_ == this) budget_->helped_ = nullptr;
  }
  // The receiver does not count any more, whatever it holds.
  void Leave() {
    Set(0);
    budget_ = nullptr;
  }

 private:
  ReceiveBudget* budget_;
  std::size_t held_bytes_ = 0;
};

}  // namespace sctp
