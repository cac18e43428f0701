#include "common/wire/channel/replay_window.h"

namespace funnel::wire {

ReplayWindow::Verdict ReplayWindow::Check(std::uint64_t sequence) const {
  if (sequence >= end_) return Verdict::kNew;
  if (end_ - sequence > kWidth) return Verdict::kTooOld;
  return bits_[sequence % kWidth] ? Verdict::kReplay : Verdict::kNew;
}

void ReplayWindow::Mark(std::uint64_t sequence) {
  if (sequence >= end_) SlideTo(sequence + 1);
  bits_[sequence % kWidth] = true;
  ++marked_;
  ++total_;
}

void ReplayWindow::SlideTo(std::uint64_t end) {
  if (end - end_ >= kWidth) {
    bits_.reset();
    marked_ = 0;
  } else {
    for (std::uint64_t at = end_; at < end; ++at) {
      marked_ -= bits_[at % kWidth];
      bits_[at % kWidth] = false;
    }
  }
  end_ = end;
}

}  // namespace funnel::wire
