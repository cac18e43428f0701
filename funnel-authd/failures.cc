#include "funnel-authd/failures.h"

#include <ctime>

namespace funnel::authd {

void Failures::Add(Failure failure) {
  failure.when = std::time(nullptr);
  kept_.push_back(std::move(failure));
  if (kept_.size() <= kKept) return;
  kept_.pop_front();
  ++omitted_;
}

}  // namespace funnel::authd
