// Time that passes only where a test waits, for tests in which a busy machine must not play a part.
#pragma once

namespace funnel::sctp::test {

// While it lives, CLOCK_MONOTONIC stands still but for a moment each time that it is read, and
// ppoll() without descriptors, by which the harness waits, ends at once and lets that time pass.
// One at a time, and only with engines in memory.
class VirtualClock {
 public:
  VirtualClock();
  VirtualClock(const VirtualClock&) = delete;
  VirtualClock& operator=(const VirtualClock&) = delete;
  ~VirtualClock();
};

}  // namespace funnel::sctp::test
