// `max-sessions`: connections of the service, waiting ones included, over all its channels.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "common/base/clock.h"

namespace funnel::tcpd {

class SessionLimit {
 public:
  // One connection's slot; given back when it goes. The limit outlives it.
  class Slot {
   public:
    Slot() = default;
    explicit Slot(SessionLimit& limit) : limit_(&limit) { ++limit.taken_; }
    Slot(Slot&& other) noexcept : limit_(std::exchange(other.limit_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(limit_, other.limit_);
      return *this;
    }
    ~Slot() {
      if (limit_ == nullptr) return;
      --limit_->taken_;
      limit_->last_end_ = Now();
    }
    explicit operator bool() const { return limit_ != nullptr; }

   private:
    SessionLimit* limit_ = nullptr;
  };

  explicit SessionLimit(std::size_t max) : max_(max) {}
  // No slot if none is free.
  [[nodiscard]] Slot Take() { return taken_ < max_ ? Slot(*this) : Slot(); }
  [[nodiscard]] std::size_t taken() const { return taken_; }
  // Since when none has been taken; nullopt: some are.
  [[nodiscard]] std::optional<TimePoint> IdleSince() const {
    if (taken_ > 0) return std::nullopt;
    return last_end_;
  }
  // Those that are over a lowered limit stay.
  void set_max(std::size_t max) { max_ = max; }

 private:
  std::size_t max_;
  std::size_t taken_ = 0;
  TimePoint last_end_ = Now();
};

}  // namespace funnel::tcpd
