// What more than one kind of socket needs.
#pragma once

#include <sys/un.h>

#include <string>

#include "common/base/error.h"

namespace funnel {

// The address of the Unix socket at PATH. Fails if it does not hold so long a path.
[[nodiscard]] Result<sockaddr_un> UnixAddress(const std::string& path);

// The error that waits at FD (SO_ERROR), an errno; it is reported once. 0: there is none.
[[nodiscard]] int TakeSocketError(int fd);

}  // namespace funnel
