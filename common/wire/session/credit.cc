#include "common/wire/session/credit.h"

#include <algorithm>

namespace funnel::wire {

std::uint64_t ReceiveCredit::Grant(TimePoint now, Duration quick, std::uint64_t max,
                                   std::uint64_t growth) {
  std::uint64_t grown = 0;
  if (consumed_ - measured_from_ >= window_ / 2) {
    if (measured_since_ != TimePoint{} && now - measured_since_ <= quick && window_ < max)
      grown = std::min({3 * window_, max - window_, growth});
    measured_from_ = consumed_;
    measured_since_ = now;
  }
  window_ += grown;
  limit_ = std::max(limit_, Target());
  return grown;
}

}  // namespace funnel::wire
