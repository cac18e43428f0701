// `max-sessions`: counts the service's connections over all its channels, including those that
// wait; and how many of them each client has (max-sessions-per-client), or each peer at the
// connecting side (max-sessions-per-peer).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/clock.h"

namespace funnel::tcpd {

class SessionLimit {
 public:
  // One connection's slot; its destructor returns it. The limit outlives it.
  class Slot {
   public:
    Slot() = default;
    explicit Slot(SessionLimit& limit, std::string who) : limit_(&limit), who_(std::move(who)) {
      ++limit.taken_;
      if (!who_.empty()) ++limit.of_each_[who_];
    }
    Slot(Slot&& other) noexcept
        : limit_(std::exchange(other.limit_, nullptr)), who_(std::move(other.who_)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(limit_, other.limit_);
      std::swap(who_, other.who_);
      return *this;
    }
    ~Slot() {
      if (limit_ == nullptr) return;
      --limit_->taken_;
      limit_->last_end_ = Now();
      if (who_.empty()) return;
      const auto at = limit_->of_each_.find(who_);
      if (--at->second == 0) limit_->of_each_.erase(at);
    }
    explicit operator bool() const { return limit_ != nullptr; }

   private:
    SessionLimit* limit_ = nullptr;
    std::string who_;
  };

  explicit SessionLimit(std::size_t max) : max_(max) {}
  // Empty if no slot is free. WHO is the one whose connection it is; "": it is not known yet.
  [[nodiscard]] Slot Take(std::string who) {
    return taken_ < max_ ? Slot(*this, std::move(who)) : Slot();
  }
  [[nodiscard]] std::size_t TakenBy(const std::string& who) const {
    const auto at = of_each_.find(who);
    return at == of_each_.end() ? 0 : at->second;
  }
  [[nodiscard]] std::size_t taken() const { return taken_; }
  // Since when no slot has been taken; nullopt: some are.
  [[nodiscard]] std::optional<TimePoint> IdleSince() const {
    if (taken_ > 0) return std::nullopt;
    return last_end_;
  }
  // If the limit becomes lower, connections above it stay.
  void set_max(std::size_t max) { max_ = max; }

 private:
  std::size_t max_;
  std::size_t taken_ = 0;
  std::unordered_map<std::string, std::size_t> of_each_;  // has no entries with 0
  TimePoint last_end_ = Now();
};

}  // namespace funnel::tcpd
