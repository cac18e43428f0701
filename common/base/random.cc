#include "common/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace funnel {

void FillRandom(MutableByteView out) {
  std::size_t done = 0;
  while (done < out.size()) {
    ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
    // Only EINTR can happen here; a kernel without getrandom cannot run Funnel at all.
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) done += static_cast<std::size_t>(got);
  }
}

std::uint64_t RandomU64() {
  std::uint64_t value = 0;
  FillRandom({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
  return value;
}

double RandomUnit() { return static_cast<double>(RandomU64() >> 11) / 9007199254740992.0; }

}  // namespace funnel
