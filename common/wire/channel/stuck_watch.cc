#include "common/wire/channel/stuck_watch.h"

namespace funnel::wire {

Duration StuckWatch::PatienceWith(const Session& session) const {
  // Nobody reads it any more, although it may have had a slow reader.
  if (session.phase == Session::Phase::kReset) return Duration{0};
  // What goes before a reset is waited for as long as the network may need, its reader less.
  if (session.phase == Session::Phase::kFinishing) return settings_.missing_timeout;
  if (session.peer_reset) {
    const bool all_is_here = session.receive_credit.received() == session.peer_reset->final_charge;
    return all_is_here ? settings_.closed_wait : settings_.missing_timeout;
  }
  return session.output_blocked ? settings_.stuck_timeout : Duration{0};
}

void StuckWatch::LookWithin(Duration patience, TimePoint now) {
  if (patience.count() == 0) return;
  const TimePoint look = now + patience / 8;
  if (!look_ || look < *look_) look_ = look;
}

std::vector<Session*> StuckWatch::Check(SessionTable& sessions, TimePoint now) {
  std::vector<Session*> stuck;
  if (!look_ || now < *look_) return stuck;
  look_.reset();

  sessions.ForEach([&](Session& session) {
    const Duration patience = PatienceWith(session);
    if (patience.count() == 0) return;
    LookWithin(patience, now);
    if (session.stuck_since == TimePoint{}) session.stuck_since = now;
    if (now - session.stuck_since >= patience) stuck.push_back(&session);
  });
  return stuck;
}

}  // namespace funnel::wire
