// One edge's wish to have its service's command started, and whether that may be: everything is
// checked here, since the edge is not trusted with more than its service.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/command/control_message.h"
#include "common/config/service_config.h"
#include "common/ipc/flow_descriptors.h"
#include "common/ipc/run_messages.h"

namespace funnel::exec {

struct Request {
  ipc::Exec who;
  ipc::FlowFds flows;
};

// What is to be run, and how.
struct Wish {
  std::vector<std::string> words;             // program and arguments
  std::optional<command::Terminal> terminal;  // the client has one, and the command may have one
};

// Reads the one packet of CONNECTION, whose other end must be the edge of SERVICE. It waits for it
// no longer than the service's connect-timeout.
[[nodiscard]] Result<Request> ReadRequest(int connection, const config::ServiceConfig& service);

// The service's file, read anew: it must have the role and the protocol that belong to a command.
[[nodiscard]] Result<config::ServiceConfig> LoadService(const std::string& config_dir,
                                                        const std::string& defaults_dir,
                                                        const std::string& name);

// Waits for START on the control flow, until connect-timeout at the longest. What comes behind it
// is left in the socket. An error is for the client, too.
[[nodiscard]] Result<Wish> ReadCommand(int control, const config::ServiceConfig& service);

}  // namespace funnel::exec
