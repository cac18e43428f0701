// The wall clock that libkrb5 sees: the test program's own time() and gettimeofday() replace those
// of libc, and add an offset that each thread sets for itself.
#pragma once

#include <chrono>

namespace funnel::test {

void SetClockOffset(std::chrono::seconds offset);

// Removes the offset at its end.
class ClockOffset {
 public:
  explicit ClockOffset(std::chrono::seconds offset) { SetClockOffset(offset); }
  ~ClockOffset() { SetClockOffset(std::chrono::seconds(0)); }
};

}  // namespace funnel::test
