// The command `forward` of an edge, and what `sessions` says about forwards.
#pragma once

#include "common/base/json_writer.h"
#include "common/ipc/command_table.h"
#include "common/service/application.h"

namespace funnel::service {

// Whoever gives it keeps the forward for as long as their connection lasts. APPLICATION outlives
// the sessions of COMMANDS.
void AddForwardCommand(ipc::CommandTable& commands, Application& application);

// The field `forwards` of an object: a list (funnelctl/command_schema.md).
void WriteForwards(JsonWriter& out, Application& application);

}  // namespace funnel::service
