// Frames of stream 0 of one association, which are authd's: how many have come lately, and those
// that wait for an authd that is just starting. Part of Association, used by the Verifier. No I/O.
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
    Duration within;  // max: in all
  };

  // One has come. False: it is more than LIMIT.
  [[nodiscard]] bool Admit(const Limit& limit, TimePoint now) {
    if (now - since_ >= limit.within) Restart(now);
    return ++count_ <= limit.frames;
  }
  // Those that have come so far do not count any more.
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
  // Those that wait, in their order; none does any more.
  [[nodiscard]] std::vector<Bytes> TakeHeld() { return std::exchange(held_, {}); }
  // Some have come, and an authd has had them all.
  [[nodiscard]] bool handed_over() const { return count_ > 0 && held_.empty(); }

 private:
  std::uint32_t count_ = 0;
  TimePoint since_{};
  std::vector<Bytes> held_;
};

}  // namespace funnel::sctpd
