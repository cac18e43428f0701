// Asks the edge of a service whether we may run its command, and gets the command's flows.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/ipc/flow_descriptors.h"

namespace funnel::run {

// PATH is the socket of the listening edge, which systemd starts if it does not run. It waits for
// as long as that takes. The error is a sentence for the user.
[[nodiscard]] Result<ipc::FlowFds> Knock(const std::string& path);

}  // namespace funnel::run
