#include "common/wire/session/session.h"

namespace funnel::wire {

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
