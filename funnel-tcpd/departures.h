// Connections that are to be reset as soon as what was written to them has left: a reset takes back
// what is still in the kernel's queue. They wait for a short while only: a reader that reads
// nothing then gets the reset right after what it has.
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
  // Resets all.
  ~Departures();

  void Add(UniqueFd fd);
  [[nodiscard]] std::size_t size() const { return leaving_.size(); }

 private:
  struct Leaving {
    UniqueFd fd;
    TimePoint until;
  };

  // Closes those whose queue has left, or whose time is over; comes again for the others.
  void Look();

  std::deque<Leaving> leaving_;  // in order, for all have equally long
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::tcpd
