#include "common/service/backend/check_record.h"

#include <algorithm>

namespace funnel::service {

void CheckRecord::Add(const Result<>& result, const Limits& limits, TimePoint now) {
  const bool passed = result.has_value();
  if (passed_ != passed) in_row_ = 0;
  passed_ = passed;
  // As many as the larger limit counts: more make no difference.
  in_row_ = std::min(in_row_ + 1, std::max(limits.rise, limits.fall));
  at_ = now;
  error_ = passed ? "" : result.error().message;
  ++total_;
  failed_total_ += passed ? 0 : 1;
  if (in_row_ >= (passed ? limits.rise : limits.fall)) down_ = !passed;
}

}  // namespace funnel::service
