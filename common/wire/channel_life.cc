// Timers, and the ways in which a channel ends.
#include <algorithm>

#include "common/wire/channel_impl.h"
#include "common/wire/open.h"

namespace funnel::wire {
// --- PING

void Channel::Impl::Ping(std::uint64_t value, TimePoint now) {
  now_ = now;
  if (life_.IsLive()) control_.Push(keepalive_.StartOwners(value, now));
}

void Channel::Impl::SendHello(ByteView body) {
  if (life_.IsLive() && body.size() <= kMaxTokenSize) control_.Push(HelloRecord{body});
}

void Channel::Impl::CheckPings() {
  if (!life_.IsOpen()) return;
  switch (keepalive_.Check(now_, !sessions_.empty())) {
    case Keepalive::Due::kNothing:
      return;
    case Keepalive::Due::kPing:
      return control_.Push(keepalive_.StartOwn(epochs_.current().next_sequence, now_));
    case Keepalive::Due::kGone:
      return End(EndCode::kTimeout, "the far end does not answer", /*clean=*/false);
  }
}

// --- time

// WHEN on the other clock, as far as can be told now.
TimePoint Channel::Impl::Steady(BootTime when) const {
  return now_ + std::chrono::duration_cast<Duration>(when.since_boot - boot_now_.since_boot);
}

std::optional<TimePoint> Channel::Impl::NextTimer() const {
  if (life_.IsEnded()) return std::nullopt;
  const Duration after_expiry = life_.IsClosing() ? kAfterExpiry : kFarewellAfterExpiry;
  TimePoint next = Steady({expires().since_boot + after_expiry});
  auto consider = [&next](std::optional<TimePoint> when) {
    if (when && *when < next) next = *when;
  };
  if (life_.HasTakenFarewell() && sessions_.empty()) return now_;
  consider(life_.NextTimer());
  if (!life_.HasTakenFarewell()) consider(epochs_.NextDeadline(settings_.missing_timeout));
  consider(stuck_check_);
  if (!life_.IsOpen()) return next;
  consider(keepalive_.NextTimer());
  consider(rekeying_.NextTimer(now_, boot_now_));
  return next;
}

void Channel::Impl::OnTimer(TimePoint now, BootTime boot_now) {
  Scope scope(*this);
  Touch(now, boot_now);
  if (life_.IsEnded()) return;
  if (const auto end = life_.EndAt(now)) return End(*end);
  if (!life_.IsClosing() &&
      boot_now.since_boot >= epochs_.current().keys.expires.since_boot + kFarewellAfterExpiry)
    BeginClose(EndCode::kExpired, "the security context's life is over", /*clean=*/true);
  if (life_.IsConfirmOverdue(now))
    return End(EndCode::kTimeout, "the far end does not confirm the handshake", /*clean=*/false);
  CheckStuck();
  CheckEpochs();
  CheckFarewell();
  CheckPings();
  CheckRekey();
  NotifyWriters();
  NotifySessionsAvailable();
}

void Channel::Impl::CheckEpochs() {
  if (!life_.Listens()) return;
  if (epochs_.Retire(now_, settings_.missing_timeout) == Epochs::Health::kMissing)
    return End(EndCode::kTruncated, "a reliable frame never came", /*clean=*/false);
  if (rekeying_.HasWaiting()) DeliverRekeyToken();
}

// --- readers that take nothing

// How long a session may go on without anything being taken; 0: for ever.
Duration Channel::Impl::PatienceWith(const Session& session) const {
  // What goes before a reset is waited for as long as the network may need, its reader less.
  if (session.phase == Session::Phase::kFinishing) return settings_.missing_timeout;
  if (session.peer_reset) {
    const bool all_is_here = session.receive_credit.received() == session.peer_reset->final_charge;
    return all_is_here ? settings_.closed_wait : settings_.missing_timeout;
  }
  return session.output_blocked ? settings_.stuck_timeout : Duration{0};
}

// Looks now and then while some may be stuck: so a session is reset within an eighth more than its
// time, and never early.
void Channel::Impl::WatchForStuck(Duration patience) {
  if (patience.count() == 0) return;
  const TimePoint look = now_ + patience / 8;
  if (!stuck_check_ || look < *stuck_check_) stuck_check_ = look;
}

void Channel::Impl::CheckStuck() {
  if (!stuck_check_ || now_ < *stuck_check_) return;
  stuck_check_.reset();
  std::vector<Session*> stuck;
  for (auto& [number, session] : sessions_) {
    const Duration patience = PatienceWith(*session);
    if (patience.count() == 0) continue;
    WatchForStuck(patience);
    if (session->stuck_since == TimePoint{}) session->stuck_since = now_;
    if (now_ - session->stuck_since >= patience) stuck.push_back(session.get());
  }
  for (Session* session : stuck) {
    if (session->phase == Session::Phase::kGone) continue;  // by a callback
    const bool announced = session->IsOwners();
    ++stats_.sessions_stuck;
    AbandonSession(*session, EndCode::kTimeout);
    if (announced) observer_.OnSessionReset(session->id, EndCode::kTimeout);
  }
}

// --- ends

void Channel::Impl::Violated(const std::string& text) {
  ++stats_.violations;
  if (life_.IsLive()) BeginClose(EndCode::kProtocol, text, /*clean=*/false);
}

void Channel::Impl::Close(EndCode code, const std::string& text) {
  Scope scope(*this);
  // What still drains to slow readers is given up.
  if (life_.HasTakenFarewell()) return End(life_.farewell());
  if (life_.TakesSessions()) BeginClose(code, text, /*clean=*/true);
}

// From here on nothing is received; FAREWELL goes out behind what waits, or the deadline passes.
void Channel::Impl::BeginClose(EndCode code, const std::string& text, bool clean) {
  if (life_.BeginClose(code, text, clean, now_ + settings_.closed_wait))
    ResetAllSessions(code, /*keep_complete=*/false);
}

void Channel::Impl::End(EndCode code, const std::string& text, bool clean) {
  if (!life_.Finish()) return;
  const std::string reason = text;  // TEXT may be part of what goes
  ResetAllSessions(code, /*keep_complete=*/false);
  control_.Clear();
  observer_.OnEnded(code, reason, clean);
}

// Ends sessions without records of their own: the end of the channel speaks for them.
void Channel::Impl::ResetAllSessions(EndCode code, bool keep_complete) {
  std::vector<SessionId> announced;
  std::vector<Session*> ending;
  for (auto& [number, session] : sessions_) {
    const bool has_all = session->peer_reset ? session->receive_credit.received() ==
                                                   session->peer_reset->final_charge
                                             : session->fin_sent && session->inbox.complete();
    const bool drains = session->phase == Session::Phase::kOpen && has_all;
    if (keep_complete && drains) continue;
    ending.push_back(session.get());
  }
  for (Session* session : ending) {
    if (session->IsOwners()) announced.push_back(session->id);
    Forget(*session);
  }
  std::sort(announced.begin(), announced.end());
  stats_.sessions_reset += announced.size();
  for (SessionId id : announced) observer_.OnSessionReset(id, code);
}

// After FAREWELL: once nothing is missing, sessions that have both FINs may still drain to a slow
// reader; all others end with the channel.
void Channel::Impl::CheckFarewell() {
  if (!life_.FollowsFarewell()) return;
  if (!life_.HasTakenFarewell()) {
    if (!epochs_.NothingMissing()) return;
    life_.TakeFarewell(now_ + settings_.missing_timeout);
    ResetAllSessions(life_.farewell().code, /*keep_complete=*/true);
    if (!sessions_.empty()) observer_.OnDraining(life_.farewell().code);
  }
  if (sessions_.empty() && !life_.IsEnded()) End(life_.farewell());
}

void Channel::Impl::OnLinkClosed(bool abrupt, TimePoint now) {
  Scope scope(*this);
  now_ = now;
  if (const auto end = life_.CloseLink(abrupt, now + settings_.closed_wait)) End(*end);
}

}  // namespace funnel::wire
