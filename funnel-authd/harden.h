// Keeps this process's memory, with its keys, from debuggers and core files.
#pragma once

#include "common/base/error.h"

namespace funnel::authd {

// Forbids ptrace by others of our uid, and core dumps. main calls it first.
[[nodiscard]] Result<> Harden();

}  // namespace funnel::authd
