#include "funnel-authd/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace funnel::authd {

Result<> Harden() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return FailErrno("cannot forbid core dumps");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return FailErrno("cannot forbid debuggers");
  return {};
}

}  // namespace funnel::authd
