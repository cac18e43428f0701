// What a SessionPump does with the messages of a service that has a module.
#include <utility>

#include "common/base/log.h"
#include "funnel-tcpd/session_pump.h"

namespace funnel::tcpd {

using wire::EndCode;

MessageSender* SessionPump::FindSender(SessionId id) {
  if (!shared_.module) return nullptr;
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : at->second.sender.get();
}

bool SessionPump::Look(MessageSender& sender) {
  if (sender.mismatch() && !std::exchange(sender.mismatch_reported, true) && !OnMismatch(sender))
    return false;
  const bool another = sender.TakeProgress();
  if (!sender.is_holding()) {
    sender.hold.Clear();
  } else if (another || sender.hold.at() == TimePoint::max()) {
    holds_.Set(sender.hold, Now() + shared_.service.module_hold);
    hold_timer_->Arm(holds_.next());
  }
  return true;
}

bool SessionPump::OnMismatch(MessageSender& sender) {
  const bool strict = shared_.service.module_strict;
  if (!std::exchange(shared_.mismatch_reported, true)) {
    Log(LogLevel::kWarning, "module-mismatch",
        "a connection is not what module " + std::string(shared_.module->module().name) +
            " knows: " + (strict ? "it is reset" : "its bytes stay in order") +
            " (said once; the counters go on)",
        {{"SERVICE", shared_.service.name.text()}});
  }
  shared_.Count(strict ? kModuleResets : kModuleFallbacks);
  if (strict) ResetBoth(sender.id(), EndCode::kReset);
  return !strict;
}

void SessionPump::ReleaseHeld() {
  holds_.RunDue(Now(), [this](MessageSender& sender) {
    sender.Release();
    (void)Look(sender);
  });
  if (holds_.next() != TimePoint::max()) hold_timer_->Arm(holds_.next());
}

}  // namespace funnel::tcpd
