// Flow control by absolute limits: of one session, and of all of a channel's together. A MESSAGE
// costs its length and kMessageCost, charged by the sender in the order of numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/base/clock.h"

namespace funnel::wire {

constexpr std::uint64_t kInitialSessionCredit = 64 << 10;
constexpr std::uint64_t kInitialChannelCredit = 1 << 20;

// No message is larger: bulk frames are at most 32 KiB.
constexpr std::uint64_t kLargestMessageCost = 33 << 10;

// The sender's side.
class SendCredit {
 public:
  explicit SendCredit(std::uint64_t initial) : limit_(initial) {}
  [[nodiscard]] std::uint64_t available() const { return limit_ - spent_; }
  [[nodiscard]] std::uint64_t spent() const { return spent_; }
  // COST is at most available().
  void Spend(std::uint64_t cost) { spent_ += cost; }
  // Limits travel unordered: the largest seen counts. True: there is more than before.
  bool Raise(std::uint64_t limit) {
    if (limit <= limit_) return false;
    limit_ = limit;
    return true;
  }

 private:
  std::uint64_t limit_;
  std::uint64_t spent_ = 0;
};

// The receiver's side: grants a window beyond what was consumed, and lets the window grow while the
// application keeps up, so that a fast reader fills a long path and a stuck one holds little.
class ReceiveCredit {
 public:
  explicit ReceiveCredit(std::uint64_t initial) : limit_(initial), window_(initial) {}
  // Shared by several readers: what stuck ones hold is not taken from the others, the window counts
  // from what was received, as long as all that is granted and not consumed stays within MAX.
  ReceiveCredit(std::uint64_t initial, std::uint64_t max)
      : limit_(initial), window_(initial), shared_max_(max) {}

  // A message of COST came. False: beyond what was granted.
  [[nodiscard]] bool Receive(std::uint64_t cost) {
    if (cost > limit_ - received_) return false;
    received_ += cost;
    return true;
  }
  // That much was delivered (or given up) for good, all before it too.
  void Consume(std::uint64_t cost) { consumed_ += cost; }
  // The sender charged FINAL in all and will send nothing more: the difference was received, as it
  // were. False: less than came, or beyond the limit.
  [[nodiscard]] bool Finish(std::uint64_t final_charge) {
    if (final_charge < received_ || final_charge > limit_) return false;
    received_ = final_charge;
    return true;
  }

  // Whether a new limit should be told: it would add half a window, or anything at all while the
  // sender may lack the credit for its next message. (What stuck readers hold counts as granted, so
  // half a window may never come together.)
  [[nodiscard]] bool IsDue() const {
    const std::uint64_t gain = Target() > limit_ ? Target() - limit_ : 0;
    return gain >= window_ / 2 || (gain > 0 && limit_ - received_ < kLargestMessageCost);
  }
  // Sets the new limit. If the last half window was consumed within QUICK, the reader is faster
  // than the window lets it be: it doubles, up to MAX and by at most GROWTH. Returns how much the
  // window grew.
  std::uint64_t Grant(TimePoint now, Duration quick, std::uint64_t max, std::uint64_t growth);

  // Takes back what the window had grown beyond INITIAL, of a session that ends. Returns how much.
  std::uint64_t ShrinkWindow(std::uint64_t initial) {
    return window_ > initial ? std::exchange(window_, initial) - initial : 0;
  }

  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t window() const { return window_; }
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }

 private:
  [[nodiscard]] std::uint64_t Target() const {
    if (shared_max_ == 0) return consumed_ + window_;
    return std::min(received_ + window_, consumed_ + std::max(shared_max_, window_));
  }

  std::uint64_t limit_;
  std::uint64_t window_;
  std::uint64_t shared_max_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t consumed_ = 0;
  // The half window whose consumption is being timed.
  std::uint64_t measured_from_ = 0;
  TimePoint measured_since_{};
};

}  // namespace funnel::wire
