#include "common/service/idle_exit.h"

namespace funnel::service {
namespace {

// While there is something to do, it looks this many times in one idle-exit; it may be late by
// that.
constexpr int kAsked = 4;

}  // namespace

IdleExit::IdleExit(event::Loop& loop, Callbacks callbacks)
    : callbacks_(std::move(callbacks)), timer_(loop.AddTimer([this] { Check(); })) {}

void IdleExit::SetTime(Duration time) {
  time_ = time;
  if (time_.count() == 0)
    timer_->Disarm();
  else
    timer_->ArmAfter(time_ / kAsked);
}

void IdleExit::Check() {
  auto since = callbacks_.idle_since();
  if (!since) return timer_->ArmAfter(time_ / kAsked);
  if (Now() < *since + time_) return timer_->Arm(*since + time_);
  callbacks_.on_idle();
}

}  // namespace funnel::service
