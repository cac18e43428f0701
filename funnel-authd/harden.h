// Keeps this process's memory, with its keys, from debuggers and core files.
#pragma once

#include "common/base/error.h"

namespace funnel::authd {

// No ptrace by others of our uid, no core dump. First thing in main.
[[nodiscard]] Result<> Harden();

}  // namespace funnel::authd
