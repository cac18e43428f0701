// Which associations wait for room in their send buffers, and when to look for it again. Nobody
// says when there is room: EPOLLOUT means room for a byte, not for a message. So the intervals are
// short while buffers drain, and longer while they do not.
//
// Owned by the engine. An association that is over is forgotten at the next look.
#pragma once

#include <unordered_set>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"

namespace funnel::sctp {

class KernelWaiters {
 public:
  // ASSOCIATION has something in its outbox now.
  void AddUnsent(AssociationId association) { unsent_.push_back(association); }
  [[nodiscard]] std::vector<AssociationId> TakeUnsent();
  // The kernel has no room for all of its outbox: not before the next look.
  void KeepUnsent(AssociationId association, TimePoint now);

  // A message found no room; OnWritable is owed.
  void AddWaiting(AssociationId association, TimePoint now);
  [[nodiscard]] bool waits(AssociationId association) const {
    return waiting_.contains(association);
  }
  void EndWaiting(AssociationId association) { waiting_.erase(association); }

  // max(): there is nothing to look for.
  [[nodiscard]] TimePoint next_look() const { return look_; }
  // The look is made now: all those to look at. The idle ones are not among them, and cost nothing.
  [[nodiscard]] std::unordered_set<AssociationId> BeginLook();
  // It found room somewhere; or some have to wait for another look.
  void OnRoom();
  void LookAgain(TimePoint now) { look_ = now + interval_; }

 private:
  std::vector<AssociationId> unsent_;          // with something in their outbox
  std::unordered_set<AssociationId> waiting_;  // Send said kFull; OnWritable is owed
  TimePoint look_ = TimePoint::max();
  Duration interval_{};
};

}  // namespace funnel::sctp
