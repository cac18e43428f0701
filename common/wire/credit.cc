#include "common/wire/credit.h"

#include <algorithm>

namespace funnel::wire {

std::uint64_t ReceiveCredit::Grant(TimePoint now, Duration quick, std::uint64_t max,
                                   std::uint64_t growth) {
  std::uint64_t grown = 0;
  if (granted_ != TimePoint{} && now - granted_ <= quick && window_ < max)
    grown = std::min({window_, max - window_, growth});
  window_ += grown;
  granted_ = now;
  limit_ = std::max(limit_, consumed_ + window_);
  return grown;
}

}  // namespace funnel::wire
