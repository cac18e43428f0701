// What a command is started with: an environment of its own, and its user's home as folder.
#pragma once

#include "common/base/error.h"
#include "common/config/service_config.h"
#include "common/ipc/run_messages.h"
#include "funnel-exec/child.h"
#include "funnel-exec/request.h"

namespace funnel::exec {

// Starts what WISH says for WHO, who is the client as the edge has it.
[[nodiscard]] Result<Child> StartCommand(const Wish& wish, const config::ServiceConfig& service,
                                         const ipc::Exec& who);

}  // namespace funnel::exec
