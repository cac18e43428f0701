#include "funnel-sctpd/engine/kernel/kernel_waiters.h"

#include <algorithm>

namespace funnel::sctp {
namespace {

using namespace std::chrono_literals;

// How long to wait for room in a send buffer: short while it drains, longer while it does not.
constexpr Duration kShortestLook = 2ms;
constexpr Duration kLongestLook = 32ms;

}  // namespace

std::vector<AssociationId> KernelWaiters::TakeUnsent() {
  std::vector<AssociationId> ids;
  ids.swap(unsent_);
  return ids;
}

void KernelWaiters::KeepUnsent(AssociationId association, TimePoint now) {
  unsent_.push_back(association);
  if (look_ == TimePoint::max()) look_ = now + (interval_ = kShortestLook);
}

void KernelWaiters::AddWaiting(AssociationId association, TimePoint now) {
  waiting_.insert(association);
  interval_ = kShortestLook;
  look_ = std::min(look_, now + interval_);
}

std::unordered_set<AssociationId> KernelWaiters::BeginLook() {
  look_ = TimePoint::max();
  interval_ = std::clamp<Duration>(interval_ * 2, kShortestLook, kLongestLook);
  std::unordered_set<AssociationId> ids = waiting_;
  ids.insert(unsent_.begin(), unsent_.end());
  return ids;
}

void KernelWaiters::OnRoom() { interval_ = kShortestLook; }

}  // namespace funnel::sctp
