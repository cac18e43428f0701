// How long an initiator pauses before it tries again, by what went wrong.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

namespace funnel::service {

class RetryDelay {
 public:
  enum class Cause {
    // A process or an association that was there has gone: it is expected back at once. Jitter
    // spreads the edges, which all saw it.
    kLost,
    // The association gave way to a better one, which is up: at once, but not all edges in one
    // turn.
    kMoved,
    // An unauthenticated refusal or no answer: anybody on the path could have said so, so it costs
    // little time.
    kUnproven,
    // An authenticated refusal, or a failure of ours (keytab, KDC): will not mend in seconds.
    kProven,
  };
  static constexpr std::chrono::milliseconds kJitterMin{50};
  static constexpr std::chrono::milliseconds kJitterMax{2000};
  static constexpr std::chrono::milliseconds kMovedMax{20};
  static constexpr std::chrono::milliseconds kUnprovenMin{250};
  static constexpr std::chrono::milliseconds kUnprovenMax{3000};

  // RANDOM yields [0, 1).
  explicit RetryDelay(std::function<double()> random) : random_(std::move(random)) {}

  // Grows with each call for kUnproven (to at most 3 s and a quarter) and kProven (MIN doubling to
  // MAX).
  [[nodiscard]] std::chrono::milliseconds Next(Cause cause, std::chrono::milliseconds min,
                                               std::chrono::milliseconds max);
  // It worked.
  void OnUp();

 private:
  std::function<double()> random_;
  std::chrono::milliseconds unproven_{0};
  std::chrono::milliseconds proven_{0};
};

}  // namespace funnel::service
