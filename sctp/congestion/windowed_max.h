// The greatest of the values of the last LENGTH rounds, in constant memory: the best, and what will
// be the best when that is too old (after Kathleen Nichols' algorithm, as Linux' minmax has it).
#pragma once

#include <array>
#include <cstdint>

namespace sctp {

class WindowedMax {
 public:
  explicit WindowedMax(std::uint64_t length) : length_(length) {}

  [[nodiscard]] double best() const { return kept_[0].value; }
  void Update(double value, std::uint64_t round) {
    const Entry entry{value, round};
    if (value >= kept_[0].value || round - kept_[2].round > length_) {
      kept_.fill(entry);
      return;
    }

    if (value >= kept_[1].value)
      kept_[1] = kept_[2] = entry;
    else if (value >= kept_[2].value)
      kept_[2] = entry;

    const std::uint64_t age = round - kept_[0].round;
    if (age > length_) {
      kept_ = {kept_[1], kept_[2], entry};
      if (round - kept_[0].round > length_) kept_ = {kept_[1], kept_[2], entry};
    } else if (kept_[1].round == kept_[0].round && age > length_ / 4) {
      kept_[1] = kept_[2] = entry;
    } else if (kept_[2].round == kept_[1].round && age > length_ / 2) {
      kept_[2] = entry;
    }
  }
  void Reset(double value, std::uint64_t round) { kept_.fill({value, round}); }

 private:
  struct Entry {
    double value = 0;
    std::uint64_t round = 0;
  };
  std::uint64_t length_;
  std::array<Entry, 3> kept_{};
};

}  // namespace sctp
