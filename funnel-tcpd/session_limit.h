// `max-sessions`: connections of the service, waiting ones included, over all its channels.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "common/base/clock.h"

namespace funnel::tcpd {

class SessionLimit {
 public:
  // One connection's place; given back when it goes. The limit outlives it.
  class Place {
   public:
    Place() = default;
    explicit Place(SessionLimit& limit) : limit_(&limit) { ++limit.taken_; }
    Place(Place&& other) noexcept : limit_(std::exchange(other.limit_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(limit_, other.limit_);
      return *this;
    }
    ~Place() {
      if (limit_ == nullptr) return;
      --limit_->taken_;
      limit_->last_end_ = Now();
    }
    explicit operator bool() const { return limit_ != nullptr; }

   private:
    SessionLimit* limit_ = nullptr;
  };

  explicit SessionLimit(std::size_t max) : max_(max) {}
  // No place if none is free.
  [[nodiscard]] Place Take() { return taken_ < max_ ? Place(*this) : Place(); }
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
