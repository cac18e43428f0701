// The commands of funnelctl that an edge answers, except reload and log level (run_edge.h). For the
// form of the answers see funnelctl/command_schema.md.
#pragma once

#include "common/config/node_config.h"
#include "common/ipc/command_table.h"
#include "common/service/edge.h"

namespace funnel::service {

struct EdgeCommandsSetup {
  Edge& edge;
  std::string daemon;                              // "funnel-udpd@dns"
  std::function<config::ControlConfig()> control;  // as it is at that moment
};

// EDGE, and what CONTROL reads, outlive the sessions of COMMANDS.
void AddEdgeCommands(ipc::CommandTable& commands, EdgeCommandsSetup setup);

}  // namespace funnel::service
