#include "funnel-tcpd/waiting_room.h"

#include <utility>

#include "common/base/log.h"
#include "funnel-tcpd/socks/socks_gate.h"

namespace funnel::tcpd {

WaitingRoom::WaitingRoom(SharedState& shared)
    : shared_(shared), timer_(shared.loop.AddTimer([this] { OnTimer(); })) {}

WaitingRoom::~WaitingRoom() { Clear(); }

void WaitingRoom::Add(Connection connection) {
  const TimePoint now = Now();
  waiting_.push_back({now, now + shared_.service.connect_wait, std::move(connection)});
  shared_.Count(kSessionsWaiting);
  // It may be armed for one that has gone, and a reload may have made the time shorter.
  if (waiting_.size() == 1) ArmTimer();
}

void WaitingRoom::Drain(const std::function<bool(Connection&)>& open) {
  while (!waiting_.empty() && open(waiting_.front().connection)) PopFront();
}

void WaitingRoom::Clear() {
  while (!waiting_.empty()) {
    TurnAway(std::move(waiting_.front().connection), wire::EndCode::kShutdown);
    PopFront();
  }
}

bool WaitingRoom::ClearUntil(TimePoint until) {
  const std::size_t before = waiting_.size();
  while (!waiting_.empty() && waiting_.front().until <= until) {
    TurnAway(std::move(waiting_.front().connection), wire::EndCode::kTimeout);
    PopFront();
  }
  return waiting_.size() < before;
}

void WaitingRoom::OnTimer() {
  const TimePoint now = Now();
  while (!waiting_.empty() && waiting_.front().until <= now) {
    shared_.Count(kSessionsWaitExpired);
    Log(LogLevel::kWarning, "no-channel", "no channel within connect-wait: connection reset",
        {{"SERVICE", shared_.service.name.text()}});
    TurnAway(std::move(waiting_.front().connection), wire::EndCode::kTimeout);
    PopFront();
  }
  ArmTimer();
}

void WaitingRoom::PopFront() {
  waiting_.pop_front();
  shared_.Counter(kSessionsWaiting) -= 1;
}

void WaitingRoom::ArmTimer() {
  if (!waiting_.empty()) timer_->Arm(waiting_.front().until);
}

}  // namespace funnel::tcpd
