// Whether a process that never makes memory both writable and executable (systemd's
// MemoryDenyWriteExecute) may load a shared object. It reads headers only; nothing of the file
// runs.
#pragma once

#include "common/base/error.h"

namespace funnel::module {

// FD is a regular file. The error continues a sentence that begins with the file's name: "needs an
// executable stack".
[[nodiscard]] Result<> CheckElf(int fd);

}  // namespace funnel::module
