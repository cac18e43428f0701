// Timers, and the ways in which a channel ends.
#include <chrono>
#include <string>

#include "common/wire/channel/channel.h"

namespace funnel::wire {

// --- time

std::optional<TimePoint> Channel::NextTimer() const {
  if (life_.IsEnded()) return std::nullopt;
  if (life_.HasTakenFarewell() && sessions_.empty()) return context_.now;

  // The end of the keys, converted to this clock as it stands now.
  const Duration after_expiry = life_.IsClosing() ? kAfterExpiry : kFarewellAfterExpiry;
  TimePoint next =
      context_.now + std::chrono::duration_cast<Duration>(expires().since_boot + after_expiry -
                                                          context_.boot_now.since_boot);
  auto consider = [&next](std::optional<TimePoint> when) {
    if (when && *when < next) next = *when;
  };
  consider(life_.NextTimer());
  if (!life_.HasTakenFarewell()) consider(epochs_.NextDeadline(context_.settings.missing_timeout));
  consider(stuck_.NextTimer());
  if (!life_.IsOpen()) return next;

  consider(keepalive_.NextTimer());
  consider(rekeying_.NextTimer(context_.now, context_.boot_now));
  return next;
}

void Channel::OnTimer(TimePoint now, BootTime boot_now) {
  SessionTable::Hold hold(sessions_);
  Touch(now, boot_now);
  if (life_.IsEnded()) return;
  if (const auto end = life_.EndAt(now)) return End(*end);
  if (!life_.IsClosing() && boot_now.since_boot >= expires().since_boot + kFarewellAfterExpiry)
    BeginClose(EndCode::kExpired, "the security context's life is over", /*clean=*/true);
  if (life_.IsConfirmOverdue(now))
    return End(EndCode::kTimeout, "the far end does not confirm the handshake", /*clean=*/false);

  Heed(ends_.ResetStuck());
  CheckEpochs();
  CheckFarewell();
  CheckPings();
  CheckRekey();
  NotifyOwner();
}

void Channel::CheckEpochs() {
  if (!life_.Listens()) return;
  if (epochs_.Retire(context_.now, context_.settings.missing_timeout) == Epochs::Health::kMissing)
    return End(EndCode::kTruncated, "a reliable frame never came", /*clean=*/false);
  if (rekeying_.HasWaiting()) DeliverRekeyToken();
}

void Channel::CheckPings() {
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

void Channel::CheckRekey() {
  if (!life_.IsOpen()) return;
  switch (rekeying_.Check(context_.now, context_.boot_now)) {
    case Rekeying::Due::kNo:
      return;
    case Rekeying::Due::kAsk:
      return context_.observer.OnRekeyDue(rekeying_.next());
    case Rekeying::Due::kUsedUp:
      return BeginClose(EndCode::kExpired, "all epochs are used up", /*clean=*/true);
  }
}

// Frames of both directions count, whoever initiated: the peer may have other limits, or another
// version.
void Channel::CheckKeyUse() {
  if (!life_.IsOpen() || !rekeying_.IsUsedUp()) return;
  ++context_.stats.keys_worn_out;
  BeginClose(EndCode::kExpired,
             "a key has been used as much as it may be, and no new one was agreed on",
             /*clean=*/true);
}

// --- ends

void Channel::Heed(const Checked<>& outcome) {
  if (!outcome) Violated(outcome.error().text);
}

void Channel::Violated(std::string_view text) {
  ++context_.stats.violations;
  if (life_.IsLive()) BeginClose(EndCode::kProtocol, text, /*clean=*/false);
}

void Channel::Close(EndCode code, const std::string& text) {
  SessionTable::Hold hold(sessions_);
  // What still drains to slow readers is given up.
  if (life_.HasTakenFarewell()) return End(life_.farewell());
  if (life_.TakesSessions()) BeginClose(code, text, /*clean=*/true);
}

void Channel::BeginClose(EndCode code, std::string_view text, bool clean) {
  if (life_.BeginClose(code, text, clean, context_.now + context_.settings.closed_wait))
    ends_.EndAll(code);
}

void Channel::End(EndCode code, std::string_view text, bool clean) {
  if (!life_.Finish()) return;
  const std::string reason(text);  // TEXT may be part of what goes
  ends_.EndAll(code);
  context_.control.Clear();
  context_.observer.OnEnded(code, reason, clean);
}

// After FAREWELL: once nothing is missing, sessions that have both FINs may still drain to a slow
// reader; all others end with the channel.
void Channel::CheckFarewell() {
  if (!life_.FollowsFarewell()) return;
  if (!life_.HasTakenFarewell()) {
    if (!epochs_.NothingMissing()) return;
    life_.TakeFarewell(context_.now + context_.settings.missing_timeout);
    ends_.EndIncomplete(life_.farewell().code);
    if (!sessions_.empty()) context_.observer.OnDraining(life_.farewell().code);
  }
  if (sessions_.empty() && !life_.IsEnded()) End(life_.farewell());
}

void Channel::OnLinkClosed(bool abrupt, TimePoint now) {
  SessionTable::Hold hold(sessions_);
  context_.now = now;
  if (const auto end = life_.CloseLink(abrupt, now + context_.settings.closed_wait)) End(*end);
}

}  // namespace funnel::wire
