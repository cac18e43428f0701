#include "common/wire/session/session.h"

#include <cassert>

namespace funnel::wire {
namespace {

bool MayFollow(Session::Phase next, Session::Phase former) {
  using Phase = Session::Phase;
  switch (next) {
    case Phase::kExpected:
      return false;
    case Phase::kOpen:
      return former == Phase::kExpected;
    case Phase::kReset:
      return former == Phase::kExpected || former == Phase::kOpen || former == Phase::kFinishing;
    case Phase::kFinishing:
      return former == Phase::kExpected || former == Phase::kOpen;
    case Phase::kGone:
      return former != Phase::kGone;
  }
  return false;
}

}  // namespace

void Session::SetPhase(Phase to) {
  assert(MayFollow(to, phase));
  phase = to;
}

void SessionList::PushBack(Session& session) {
  session.previous = last_;
  session.next = nullptr;
  (last_ ? last_->next : first_) = &session;
  last_ = &session;
  ++size_;
}

void SessionList::Remove(Session& session) {
  (session.previous ? session.previous->next : first_) = session.next;
  (session.next ? session.next->previous : last_) = session.previous;
  session.previous = session.next = nullptr;
  --size_;
}

}  // namespace funnel::wire
