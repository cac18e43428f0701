#include "tests/unit/sctpd/engine/virtual_clock.h"

#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// So that a loop that waits for a time comes to it.
constexpr std::int64_t kReading = 100;
constexpr std::size_t kMaskBytes = 8;  // of the system call's signal mask

std::atomic<std::int64_t> g_nanoseconds = 0;  // 0: time is real

}  // namespace

// libc has the noexcept and the names of the parameters.
extern "C" int clock_gettime(clockid_t clock, timespec* out) noexcept {
  if (clock != CLOCK_MONOTONIC || g_nanoseconds == 0)
    return static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  const std::int64_t now = g_nanoseconds += kReading;
  *out = {now / kSecond, now % kSecond};
  return 0;
}

extern "C" int ppoll(pollfd* fds, nfds_t count, const timespec* time, const sigset_t* mask) {
  if (g_nanoseconds == 0 || count > 0 || time == nullptr) {
    timespec left = time == nullptr ? timespec{} : *time;
    return static_cast<int>(
        syscall(SYS_ppoll, fds, count, time == nullptr ? nullptr : &left, mask, kMaskBytes));
  }
  g_nanoseconds += time->tv_sec * kSecond + time->tv_nsec;
  return 0;
}

namespace funnel::sctp::test {

VirtualClock::VirtualClock() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  g_nanoseconds = now.tv_sec * kSecond + now.tv_nsec;
}

VirtualClock::~VirtualClock() { g_nanoseconds = 0; }

}  // namespace funnel::sctp::test
