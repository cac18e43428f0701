// The socket that a command brings (CommandWithSocket): somebody listens with their own rights, and
// an edge accepts there, which may not listen itself.
#pragma once

#include "common/base/error.h"

namespace funnel::ipc {

// Fails unless FD is a listening TCP socket of IPv4 or IPv6; for descriptors that were passed to
// us.
[[nodiscard]] Result<> RequireListeningSocket(int fd);

}  // namespace funnel::ipc
