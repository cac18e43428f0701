#include "common/service/channel/retry_delay.h"

#include <algorithm>

namespace funnel::service {

using std::chrono::milliseconds;

milliseconds RetryDelay::Next(Cause cause, milliseconds min, milliseconds max) {
  auto stretch = [this](milliseconds from, double by) {
    return from + std::chrono::duration_cast<milliseconds>(from * (by * random_()));
  };

  switch (cause) {
    case Cause::kLost:
      return kJitterMin +
             std::chrono::duration_cast<milliseconds>((kJitterMax - kJitterMin) * random_());
    case Cause::kMoved:
      return std::chrono::duration_cast<milliseconds>(kMovedMax * random_());
    case Cause::kUnproven:
      unproven_ = std::min(kUnprovenMax, std::max(kUnprovenMin, unproven_ * 2));
      return stretch(unproven_, 0.25);
    case Cause::kProven:
      proven_ = std::min(max, std::max(min, proven_ * 2));
      return stretch(proven_, 0.1);
  }

  return max;
}

void RetryDelay::OnUp() { unproven_ = proven_ = milliseconds(0); }

}  // namespace funnel::service
