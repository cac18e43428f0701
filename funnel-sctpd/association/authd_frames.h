// Frames of stream 0 of one association, which belong to authd: how many have come lately, and
// those that wait for an authd that is just starting. Part of Association, used by the Verifier. No
// I/O.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"

namespace funnel::sctpd {

class AuthdFrames {
 public:
  static constexpr std::size_t kMaxHeld = 8;

  struct Limit {
    std::uint32_t frames;
    Duration within;  // max: since the beginning
  };

  // A frame has come. False: it exceeds LIMIT.
  [[nodiscard]] bool Admit(const Limit& limit, TimePoint now) {
    if (now - since_ >= limit.within) Restart(now);
    return ++count_ <= limit.frames;
  }
  // Frames that have come so far no longer count.
  void Restart(TimePoint now) {
    since_ = now;
    count_ = 0;
  }

  // FRAME waits. False: too many do.
  [[nodiscard]] bool Hold(Bytes frame) {
    if (held_.size() >= kMaxHeld) return false;
    held_.push_back(std::move(frame));
    return true;
  }
  // Returns those that wait, in their order, and keeps none.
  [[nodiscard]] std::vector<Bytes> TakeHeld() { return std::exchange(held_, {}); }
  // Frames have come, and authd has received all of them.
  [[nodiscard]] bool handed_over() const { return count_ > 0 && held_.empty(); }

 private:
  std::uint32_t count_ = 0;
  TimePoint since_{};
  std::vector<Bytes> held_;
};

}  // namespace funnel::sctpd
