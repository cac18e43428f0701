#include "funnel-tcpd/message_senders.h"

#include <utility>

#include "common/base/log.h"

namespace funnel::tcpd {
namespace {

constexpr std::size_t kScratchBytes = 32 * 1024;

}  // namespace

MessageSenders::MessageSenders(SharedState& shared, ChannelPort& port, funnel_end end,
                               std::function<void(SessionId)> reset)
    : shared_(shared),
      port_(port),
      end_(end),
      reset_(std::move(reset)),
      scratch_(shared.module ? kScratchBytes : 0),
      timer_(shared.loop.AddTimer([this] { ReleaseHeld(); })) {}

std::unique_ptr<MessageSender> MessageSenders::Make(SessionId id) {
  if (!shared_.module) return nullptr;
  return std::make_unique<MessageSender>(port_, id, *shared_.module, end_, scratch_);
}

bool MessageSenders::Look(MessageSender& sender) {
  if (sender.mismatch() && !std::exchange(sender.mismatch_reported, true) && !OnMismatch(sender))
    return false;
  const bool another = sender.TakeProgress();
  if (!sender.is_holding()) {
    sender.hold.Clear();
  } else if (another || sender.hold.at() == TimePoint::max()) {
    holds_.Set(sender.hold, Now() + shared_.service.module_hold);
    timer_->Arm(holds_.next());
  }
  return true;
}

std::string MessageSenders::Text(const MessageSender& sender) const {
  const std::string name = shared_.module->module().name;
  return sender.is_stream() ? name + ": bytes" : name;
}

bool MessageSenders::OnMismatch(MessageSender& sender) {
  const bool strict = shared_.service.module_strict;
  if (!std::exchange(shared_.mismatch_reported, true)) {
    Log(LogLevel::kWarning, "module-mismatch",
        "a connection is not what module " + std::string(shared_.module->module().name) +
            " knows: " + (strict ? "it is reset" : "its bytes stay in order") +
            " (said once; the counters go on)",
        {{"SERVICE", shared_.service.name.text()}});
  }
  shared_.Count(strict ? kModuleResets : kModuleFallbacks);
  if (strict) reset_(sender.id());
  return !strict;
}

void MessageSenders::ReleaseHeld() {
  holds_.RunDue(Now(), [this](MessageSender& sender) {
    sender.Release();
    (void)Look(sender);
  });
  if (holds_.next() != TimePoint::max()) timer_->Arm(holds_.next());
}

}  // namespace funnel::tcpd
