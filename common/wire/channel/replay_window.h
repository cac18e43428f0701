// Which sequence numbers have arrived: the newest one and the 65,535 before it. SCTP bounds
// reordering to 4,096 chunks an association, and relays add up.
#pragma once

#include <bitset>
#include <cstdint>

namespace funnel::wire {

class ReplayWindow {
 public:
  static constexpr std::uint64_t kWidth = 65536;
  enum class Verdict { kNew, kReplay, kTooOld };

  [[nodiscard]] Verdict Check(std::uint64_t sequence) const;
  // Marks a number that Check() called new.
  void Mark(std::uint64_t sequence);

  [[nodiscard]] bool empty() const { return end_ == 0; }
  // The number behind the newest.
  [[nodiscard]] std::uint64_t end() const { return end_; }
  // Numbers that are missing and would still be new.
  [[nodiscard]] std::uint64_t holes() const { return (end_ < kWidth ? end_ : kWidth) - marked_; }
  // Numbers ever marked.
  [[nodiscard]] std::uint64_t total() const { return total_; }

 private:
  void SlideTo(std::uint64_t end);

  std::bitset<kWidth> bits_;
  std::uint64_t end_ = 0;
  std::uint64_t marked_ = 0;  // within the window
  std::uint64_t total_ = 0;
};

}  // namespace funnel::wire
