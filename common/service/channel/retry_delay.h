// How long an initiator pauses before it tries again; depends on what went wrong.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

namespace funnel::service {

class RetryDelay {
 public:
  enum class Cause {
    // A process or an association that was there is gone: it is expected back at once. Jitter
    // spreads the edges, which have all seen it.
    kLost,
    // A better association has replaced this one: try at once, but not all edges in the same turn.
    kMoved,
    // An unauthenticated refusal, or no answer: anybody on the path could cause that, so the delay
    // is short.
    kUnproven,
    // An authenticated refusal, or a failure of ours (keytab, KDC): it will not go away in seconds.
    kProven,
  };
  static constexpr std::chrono::milliseconds kJitterMin{50};
  static constexpr std::chrono::milliseconds kJitterMax{2000};
  static constexpr std::chrono::milliseconds kMovedMax{20};
  static constexpr std::chrono::milliseconds kUnprovenMin{250};
  static constexpr std::chrono::milliseconds kUnprovenMax{3000};

  // RANDOM yields [0, 1).
  explicit RetryDelay(std::function<double()> random) : random_(std::move(random)) {}

  // Grows with each call for kUnproven (to at most 3 s and a quarter) and for kProven (from MIN,
  // doubling to MAX).
  [[nodiscard]] std::chrono::milliseconds Next(Cause cause, std::chrono::milliseconds min,
                                               std::chrono::milliseconds max);
  // The attempt succeeded: the delays start from the minimum again.
  void OnUp();

 private:
  std::function<double()> random_;
  std::chrono::milliseconds unproven_{0};
  std::chrono::milliseconds proven_{0};
};

}  // namespace funnel::service
