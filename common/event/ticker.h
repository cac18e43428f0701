// Calls back at a fixed interval, first one interval from now. On the loop's thread; stops when
// destroyed.
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
        // It may be a tenth of the interval late, so that an idle process wakes for several things
        // at once.
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
