// `systemctl daemon-reload`: systemd runs its generators and reads its units again.
#pragma once

#include "common/base/error.h"

namespace funnel::generator {

// Returns when that is done.
[[nodiscard]] Result<> DaemonReload();

}  // namespace funnel::generator
