// What the checks of one backend have said, and whether they take it for down: check-fall of them
// in a row do, and check-rise in a row end that.
//
// No I/O and no clock. Owned by the backend's entry in the pool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/error.h"

namespace funnel::service {

class CheckRecord {
 public:
  struct Limits {
    std::uint32_t rise = 1;
    std::uint32_t fall = 1;
  };

  void Add(const Result<>& result, const Limits& limits, TimePoint now);
  // It must pass as many as ever, for another reason to be down than failed checks.
  void StartOver() { in_row_ = 0; }

  [[nodiscard]] bool down() const { return down_; }
  // Whether it passed RISE or more in a row, and none failed since.
  [[nodiscard]] bool risen(std::uint32_t rise) const {
    return passed_.value_or(false) && in_row_ >= rise;
  }

  // nullopt: there was none yet.
  [[nodiscard]] std::optional<bool> passed() const { return passed_; }
  [[nodiscard]] TimePoint at() const { return at_; }
  // Why the last one failed; empty: it passed.
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t failed_total() const { return failed_total_; }

 private:
  bool down_ = false;
  std::optional<bool> passed_;  // the last one
  std::uint32_t in_row_ = 0;    // with the last one's result
  TimePoint at_{};
  std::string error_;
  std::uint64_t total_ = 0, failed_total_ = 0;
};

}  // namespace funnel::service
