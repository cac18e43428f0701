// `idle-exit`: ends an edge that has had nothing to do for that long. systemd keeps its sockets and
// starts it again when a client or channel comes.
//
// Thread: the loop's. It does nothing while the time is 0 (never).
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "common/event/loop.h"

namespace funnel::service {

class IdleExit {
 public:
  struct Callbacks {
    // Since when there has been nothing to do; nullopt: there is something.
    std::function<std::optional<TimePoint>()> idle_since;
    std::function<void()> on_idle;  // called once; may not destroy this object
  };

  IdleExit(event::Loop& loop, Callbacks callbacks);

  // From the start, and at each reload.
  void SetTime(Duration time);

 private:
  // Ends the daemon if that is due, or looks again when it could be.
  void Check();

  Callbacks callbacks_;
  Duration time_{0};
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::service
