// What a SessionPump does when a session's time is over, or its client has sent too much.
#include <ctime>

#include "common/base/log.h"
#include "funnel-tcpd/session_pump.h"

namespace funnel::tcpd {

using wire::EndCode;

void SessionPump::OnReload() {
  for (auto& [id, entry] : entries_)
    if (entry.times) clock_.Renew(*entry.times, Now());
  ArmClock();
}

void SessionPump::OnExpired(SessionId id, SessionClock::Why why) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  const std::string_view side = backend_ == nullptr ? "client" : "backend";

  switch (why) {
    case SessionClock::Why::kIdle:
      shared_.Count(kSessionsIdle);
      LogTimeout(at->second, "no byte went either way", "idle-timeout", "both");
      return ResetBoth(id, EndCode::kIdle);
    case SessionClock::Why::kHalfClosed:
      shared_.Count(kSessionsHalfClosed);
      LogTimeout(at->second, "half closed, and silent", "fin-timeout", "both");
      return ResetBoth(id, EndCode::kHalfClosed);
    case SessionClock::Why::kUnacknowledged:
      shared_.Count(kSessionsUnacknowledged);
      LogTimeout(at->second, "nothing that was sent was acknowledged", "user-timeout", side);
      return ResetBoth(id, EndCode::kUnacknowledged);
  }
}

void SessionPump::ArmClock() {
  if (clock_.next() != TimePoint::max()) clock_timer_->Arm(clock_.next());
}

bool SessionPump::MayRead(SessionId id) {
  if (shared_.service.client_byte_rate_bytes == 0 || !shared_.throttle) return true;
  const auto at = entries_.find(id);
  if (at == entries_.end() || !at->second.reader) return true;
  Limited& reader = *at->second.reader;
  const TimePoint now = Now();
  const bool waited = reader.waits();
  if (shared_.throttle->MayRead(reader, now)) return true;
  if (waited) return false;
  shared_.Count(kClientBytesOverRate);
  shared_.Counter(kClientLimitedAt) = static_cast<std::uint64_t>(std::time(nullptr));
  service::LogRefusal(shared_.service, reader.client(),
                      shared_.clients.DelayBytes(shared_.service, reader.client(), now));
  return false;
}

void SessionPump::OnMayRead(SessionId id) {
  const auto at = entries_.find(id);
  if (at != entries_.end() && at->second.session) RequestTurn(*at->second.session);
}

void SessionPump::LogTimeout(const Entry& entry, std::string_view text, std::string_view key,
                             std::string_view side) {
  Log(LogLevel::kNotice, "session-timeout",
      "connection reset: " + std::string(text) + " for " + std::string(key),
      {{"SERVICE", shared_.service.name.text()},
       {"CLIENT", entry.info.client},
       {"TIME", key},
       {"SILENT", side}});
}

void SessionPump::LogFarTimeout(const Entry& entry, EndCode code) {
  // The application of the far side, as seen from here.
  const std::string_view side = backend_ == nullptr ? "backend" : "client";
  if (code == EndCode::kIdle) {
    LogTimeout(entry, "by the far side: no byte went either way", "idle-timeout", "both");
  } else if (code == EndCode::kHalfClosed) {
    LogTimeout(entry, "by the far side: half closed, and silent", "fin-timeout", "both");
  } else if (code == EndCode::kUnacknowledged) {
    LogTimeout(entry, "by the far side: nothing that was sent was acknowledged", "user-timeout",
               side);
  } else if (code == EndCode::kStuck) {
    LogTimeout(entry, "by the far side: nothing was read", "stuck-timeout", side);
  }
}

}  // namespace funnel::tcpd
