#include "common/base/error.h"

#include <system_error>

namespace funnel {

std::unexpected<Error> FailErrno(std::string what, int err) {
  return Fail(std::move(what) + ": " + std::generic_category().message(err), err);
}

}  // namespace funnel
