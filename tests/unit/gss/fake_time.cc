#include "tests/unit/gss/fake_time.h"

#include <sys/time.h>
#include <time.h>

namespace {

thread_local long t_offset_seconds = 0;

}  // namespace

// libc has the noexcept and the names of the parameters.
extern "C" int gettimeofday(timeval* when, void*) noexcept {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  when->tv_sec = now.tv_sec + t_offset_seconds;
  when->tv_usec = now.tv_nsec / 1000;
  return 0;
}

extern "C" time_t time(time_t* out) noexcept {
  timeval now;
  gettimeofday(&now, nullptr);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

namespace funnel::test {

void SetClockOffset(std::chrono::seconds offset) { t_offset_seconds = offset.count(); }

}  // namespace funnel::test
