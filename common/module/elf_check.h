// Whether a shared object is one that a process may load which never makes memory both writable and
// executable (systemd's MemoryDenyWriteExecute). Reads headers only; nothing of the file runs.
#pragma once

#include "common/base/error.h"

namespace funnel::module {

// FD is a regular file. The error ends a sentence that begins with the file's name: "needs an
// executable stack".
[[nodiscard]] Result<> CheckElf(int fd);

}  // namespace funnel::module
