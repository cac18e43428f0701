// Connections that will be reset as soon as what was written to them has left, because a reset
// discards what is still in the kernel's queue. They wait for a short time only: a reader that
// reads nothing gets the reset after what it already has.
//
// Owned by a SessionPump, on the loop's thread.
#pragma once

#include <deque>
#include <memory>

#include "common/base/clock.h"
#include "common/base/unique_fd.h"
#include "common/event/loop.h"

namespace funnel::tcpd {

class Departures {
 public:
  explicit Departures(event::Loop& loop);
  // Resets all of them.
  ~Departures();

  void Add(UniqueFd fd);
  [[nodiscard]] std::size_t size() const { return leaving_.size(); }

 private:
  struct Leaving {
    UniqueFd fd;
    TimePoint until;
  };

  // Closes those whose queue is empty or whose time is over; looks again later at the others.
  void Look();

  std::deque<Leaving> leaving_;  // in order, because all wait equally long
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::tcpd
