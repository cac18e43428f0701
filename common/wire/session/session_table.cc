#include "common/wire/session/session_table.h"

#include <algorithm>

namespace funnel::wire {

Checked<Session*> SessionTable::FindNamed(SessionId id) {
  if (Session* session = Get(id)) return session;
  if (id.value() < next_) return nullptr;
  if (role_ == Role::kInitiator || id.value() >= limit_)
    return Violates("a session with an impossible number");

  Session* session = nullptr;
  while (next_ <= id.value()) session = &Add(SessionId(next_++), Session::Phase::kExpected);
  return session;
}

Session& SessionTable::Add(SessionId id, Session::Phase phase) {
  auto& slot = sessions_[id.value()];
  slot = std::make_unique<Session>(id, phase);
  return *slot;
}

Session* SessionTable::Open() {
  if (next_ >= limit_ || sessions_.size() >= most_) {
    wanted_ = true;
    return nullptr;
  }
  return &Add(SessionId(next_++), Session::Phase::kOpen);
}

void SessionTable::Remove(Session& session) {
  session.SetPhase(Session::Phase::kGone);
  const auto found = sessions_.find(session.id.value());
  gone_.push_back(std::move(found->second));
  sessions_.erase(found);
  ++ended_;

  if (role_ == Role::kInitiator) {
    if (std::exchange(wanted_, false)) available_ = true;
  } else if (ended_ + most_ >= limit_ + std::max<std::uint64_t>(most_ / 64, 1)) {
    limit_due_ = true;
  }
}

void SessionTable::AllowTelling() {
  if (role_ == Role::kAcceptor && most_ > limit_) limit_due_ = true;
}

SessionsRecord SessionTable::ReportLimit() {
  limit_due_ = false;
  limit_ = std::max(limit_, ended_ + most_);
  return SessionsRecord{limit_};
}

Checked<> SessionTable::OnLimit(const SessionsRecord& record) {
  if (role_ == Role::kAcceptor) return Violates("the initiator raised its own limit of sessions");
  if (record.limit <= limit_) return {};
  limit_ = record.limit;
  if (std::exchange(wanted_, false)) available_ = true;
  return {};
}

}  // namespace funnel::wire
