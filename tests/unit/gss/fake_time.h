// The wall clock as libkrb5 sees it: the test program's own time() and gettimeofday() stand in
// front of libc's, and add an offset of the calling thread's.
#pragma once

#include <chrono>

namespace funnel::test {

void SetClockOffset(std::chrono::seconds offset);

// Sets it back when it goes.
class ClockOffset {
 public:
  explicit ClockOffset(std::chrono::seconds offset) { SetClockOffset(offset); }
  ~ClockOffset() { SetClockOffset(std::chrono::seconds(0)); }
};

}  // namespace funnel::test
