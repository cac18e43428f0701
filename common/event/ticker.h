// Calls back again and again, the first time one interval from now. On the loop's thread; stops
// when destroyed.
#pragma once

#include <functional>
#include <memory>

#include "common/event/loop.h"

namespace funnel::event {

class Ticker {
 public:
  Ticker(Loop& loop, Duration interval, std::function<void()> callback)
      : interval_(interval),
        callback_(std::move(callback)),
        // Up to a tenth late, so that it wakes an idle process together with something else.
        timer_(loop.AddTimer(
            [this] {
              timer_->ArmAfter(interval_);
              callback_();
            },
            std::chrono::duration_cast<std::chrono::microseconds>(interval / 10))) {
    timer_->ArmAfter(interval_);
  }

 private:
  Duration interval_;
  std::function<void()> callback_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace funnel::event
