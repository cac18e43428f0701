// The PINGs of one channel for `funnelctl ping`. A channel can have one PING of its owner's on its
// way at a time, so clients take turns.
//
// Owned by an EdgeChannel; thread: the loop's.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "common/event/loop.h"

namespace funnel::service {

class Pings {
 public:
  using Done = std::function<void(Result<Duration> round_trip)>;

  // SEND sends a PING with this value.
  Pings(event::Loop& loop, std::function<void(std::uint64_t value)> send);

  // DONE is called once: with the round trip, or when TIMEOUT is over (the same for all), or by
  // FailAll.
  void Add(Duration timeout, Done done);
  void OnPong(std::uint64_t value, Duration round_trip);
  void FailAll(const std::string& why);

 private:
  struct Waiting {
    TimePoint until;
    Done done;
  };
  // One PING is on its way at a time; the others wait.
  void SendFirst();
  // The PING on its way was not answered in ping-timeout.
  void OnTimer();
  // Removes the first one and sends the next.
  [[nodiscard]] Done TakeFirst();

  std::function<void(std::uint64_t value)> send_;
  std::deque<Waiting> waiting_;  // the first is on its way, with the number last_
  std::uint64_t last_ = 0;
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::service
