// Flow control by absolute limits: of one session, and of all of a channel's together. A MESSAGE
// costs its length and kMessageCost, charged by the sender in the order of numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
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
  // Limits travel unordered: the largest seen counts. Returns how much more there is than before.
  std::uint64_t Raise(std::uint64_t limit) {
    return limit > limit_ ? limit - std::exchange(limit_, limit) : 0;
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
  // Shared by several readers. What stuck ones hold is not taken from the others: the window counts
  // from what was received, as far as SetRoom allows.
  static ReceiveCredit Shared(std::uint64_t initial) {
    ReceiveCredit credit(initial);
    credit.room_ = initial;
    return credit;
  }
  // Shared: so much may be on its way.
  void SetRoom(std::uint64_t room) { room_ = room; }

  // A message of COST came. False: beyond what was granted.
  // The time of the first is when the first half window begins.
  [[nodiscard]] bool Receive(std::uint64_t cost, TimePoint now) {
    if (cost > limit_ - received_) return false;
    received_ += cost;
    if (measured_since_ == TimePoint{}) measured_since_ = now;
    return true;
  }
  // That much was delivered (or given up) for good, all before it too.
  void Consume(std::uint64_t cost) { consumed_ += cost; }
  // The sender charged FINAL in all and will send nothing more: the difference counts as received.
  // False: less than came, or beyond the limit.
  [[nodiscard]] bool Finish(std::uint64_t final_charge) {
    if (final_charge < received_ || final_charge > limit_) return false;
    received_ = final_charge;
    return true;
  }

  // Whether a new limit should be reported: it would add half a window, or anything at all while
  // the sender may lack the credit for its next message. (What stuck readers hold counts as
  // granted, so half a window may never come together.)
  [[nodiscard]] bool IsDue() const {
    return gain() > 0 && (gain() >= Usable() / 2 || limit_ - received_ < kLargestMessageCost);
  }
  // What a new limit would add.
  [[nodiscard]] std::uint64_t gain() const { return Target() > limit_ ? Target() - limit_ : 0; }
  // Sets the new limit. If the last half window was consumed within QUICK, the window holds the
  // reader up: it doubles, up to MAX and by at most GROWTH. Returns how much the window grew.
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
    return room_ ? received_ + Usable() : consumed_ + window_;
  }
  [[nodiscard]] std::uint64_t Usable() const { return std::min(window_, room_.value_or(window_)); }

  std::uint64_t limit_;
  std::uint64_t window_;
  std::optional<std::uint64_t> room_;
  std::uint64_t received_ = 0;
  std::uint64_t consumed_ = 0;
  // The half window whose consumption is being timed.
  std::uint64_t measured_from_ = 0;
  TimePoint measured_since_{};
};

}  // namespace funnel::wire
