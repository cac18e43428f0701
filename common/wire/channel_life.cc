// Timers, and the ways in which a channel ends.
#include <algorithm>

#include "common/wire/channel_impl.h"
#include "common/wire/open.h"

namespace funnel::wire {
// --- PING

void Channel::Impl::Ping(std::uint64_t value, TimePoint now) {
  context_.now = now;
  if (life_.IsLive()) context_.control.Push(keepalive_.StartOwners(value, now));
}

void Channel::Impl::SendHello(ByteView body) {
  if (life_.IsLive() && body.size() <= kMaxTokenSize) context_.control.Push(HelloRecord{body});
}

void Channel::Impl::CheckPings() {
  if (!life_.IsOpen()) return;
  switch (keepalive_.Check(context_.now, !sessions_.empty())) {
    case Keepalive::Due::kNothing:
      return;
    case Keepalive::Due::kPing:
      return context_.control.Push(
          keepalive_.StartOwn(epochs_.current().next_sequence, context_.now));
    case Keepalive::Due::kGone:
      return End(EndCode::kTimeout, "the far end does not answer", /*clean=*/false);
  }
}

// --- time

// WHEN on the other clock, as far as can be told now.
TimePoint Channel::Impl::Steady(BootTime when) const {
  return context_.now +
         std::chrono::duration_cast<Duration>(when.since_boot - context_.boot_now.since_boot);
}

std::optional<TimePoint> Channel::Impl::NextTimer() const {
  if (life_.IsEnded()) return std::nullopt;
  const Duration after_expiry = life_.IsClosing() ? kAfterExpiry : kFarewellAfterExpiry;
  TimePoint next = Steady({expires().since_boot + after_expiry});
  auto consider = [&next](std::optional<TimePoint> when) {
    if (when && *when < next) next = *when;
  };
  if (life_.HasTakenFarewell() && sessions_.empty()) return context_.now;
  consider(life_.NextTimer());
  if (!life_.HasTakenFarewell()) consider(epochs_.NextDeadline(context_.settings.missing_timeout));
  consider(stuck_check_);
  if (!life_.IsOpen()) return next;
  consider(keepalive_.NextTimer());
  consider(rekeying_.NextTimer(context_.now, context_.boot_now));
  return next;
}

void Channel::Impl::OnTimer(TimePoint now, BootTime boot_now) {
  SessionTable::Hold hold(sessions_);
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
  if (epochs_.Retire(context_.now, context_.settings.missing_timeout) == Epochs::Health::kMissing)
    return End(EndCode::kTruncated, "a reliable frame never came", /*clean=*/false);
  if (rekeying_.HasWaiting()) DeliverRekeyToken();
}

// --- readers that take nothing

// How long a session may go on without anything being taken; 0: for ever.
Duration Channel::Impl::PatienceWith(const Session& session) const {
  // What goes before a reset is waited for as long as the network may need, its reader less.
  if (session.phase == Session::Phase::kFinishing) return context_.settings.missing_timeout;
  if (session.peer_reset) {
    const bool all_is_here = session.receive_credit.received() == session.peer_reset->final_charge;
    return all_is_here ? context_.settings.closed_wait : context_.settings.missing_timeout;
  }
  return session.output_blocked ? context_.settings.stuck_timeout : Duration{0};
}

// Looks now and then while some may be stuck: so a session is reset within an eighth more than its
// time, and never early.
void Channel::Impl::WatchForStuck(Duration patience) {
  if (patience.count() == 0) return;
  const TimePoint look = context_.now + patience / 8;
  if (!stuck_check_ || look < *stuck_check_) stuck_check_ = look;
}

void Channel::Impl::CheckStuck() {
  if (!stuck_check_ || context_.now < *stuck_check_) return;
  stuck_check_.reset();
  std::vector<Session*> stuck;
  sessions_.ForEach([&](Session& session) {
    const Duration patience = PatienceWith(session);
    if (patience.count() == 0) return;
    WatchForStuck(patience);
    if (session.stuck_since == TimePoint{}) session.stuck_since = context_.now;
    if (context_.now - session.stuck_since >= patience) stuck.push_back(&session);
  });
  for (Session* session : stuck) {
    if (session->phase == Session::Phase::kGone) continue;  // by a callback
    const bool announced = session->IsOwners();
    ++context_.stats.sessions_stuck;
    AbandonSession(*session, EndCode::kTimeout);
    if (announced) context_.observer.OnSessionReset(session->id, EndCode::kTimeout);
  }
}

// --- ends

void Channel::Impl::Violated(const std::string& text) {
  ++context_.stats.violations;
  if (life_.IsLive()) BeginClose(EndCode::kProtocol, text, /*clean=*/false);
}

void Channel::Impl::Close(EndCode code, const std::string& text) {
  SessionTable::Hold hold(sessions_);
  // What still drains to slow readers is given up.
  if (life_.HasTakenFarewell()) return End(life_.farewell());
  if (life_.TakesSessions()) BeginClose(code, text, /*clean=*/true);
}

// From here on nothing is received; FAREWELL goes out behind what waits, or the deadline passes.
void Channel::Impl::BeginClose(EndCode code, const std::string& text, bool clean) {
  if (life_.BeginClose(code, text, clean, context_.now + context_.settings.closed_wait))
    ResetAllSessions(code, /*keep_complete=*/false);
}

void Channel::Impl::End(EndCode code, const std::string& text, bool clean) {
  if (!life_.Finish()) return;
  const std::string reason = text;  // TEXT may be part of what goes
  ResetAllSessions(code, /*keep_complete=*/false);
  context_.control.Clear();
  context_.observer.OnEnded(code, reason, clean);
}

// Ends sessions without records of their own: the end of the channel speaks for them.
void Channel::Impl::ResetAllSessions(EndCode code, bool keep_complete) {
  std::vector<SessionId> announced;
  std::vector<Session*> ending;
  sessions_.ForEach([&](Session& session) {
    const bool has_all = session.peer_reset
                             ? session.receive_credit.received() == session.peer_reset->final_charge
                             : session.fin_sent && session.inbox.complete();
    const bool drains = session.phase == Session::Phase::kOpen && has_all;
    if (!keep_complete || !drains) ending.push_back(&session);
  });
  for (Session* session : ending) {
    if (session->IsOwners()) announced.push_back(session->id);
    Forget(*session);
  }
  std::sort(announced.begin(), announced.end());
  context_.stats.sessions_reset += announced.size();
  for (SessionId id : announced) context_.observer.OnSessionReset(id, code);
}

// After FAREWELL: once nothing is missing, sessions that have both FINs may still drain to a slow
// reader; all others end with the channel.
void Channel::Impl::CheckFarewell() {
  if (!life_.FollowsFarewell()) return;
  if (!life_.HasTakenFarewell()) {
    if (!epochs_.NothingMissing()) return;
    life_.TakeFarewell(context_.now + context_.settings.missing_timeout);
    ResetAllSessions(life_.farewell().code, /*keep_complete=*/true);
    if (!sessions_.empty()) context_.observer.OnDraining(life_.farewell().code);
  }
  if (sessions_.empty() && !life_.IsEnded()) End(life_.farewell());
}

void Channel::Impl::OnLinkClosed(bool abrupt, TimePoint now) {
  SessionTable::Hold hold(sessions_);
  context_.now = now;
  if (const auto end = life_.CloseLink(abrupt, now + context_.settings.closed_wait)) End(*end);
}

}  // namespace funnel::wire
