// Makes a running engine from the configuration and the passed sockets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/config/sctp_config.h"
#include "common/event/listen_fds.h"
#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctpd {

struct StartedEngine {
  std::unique_ptr<sctp::Engine> engine;
  std::vector<std::string> listen;  // the addresses of its sockets, for status
};

// Starts the engine that `engine` names; auto takes the kernel's SCTP if that can do all that the
// configuration asks for, and our own otherwise. It logs which one it is and why. Engines with SCTP
// in this process take the sockets named `udp`, if there are any, and otherwise open some
// (udp_sockets.h).
[[nodiscard]] Result<StartedEngine> StartEngine(const config::SctpConfig& config,
                                                event::ListenFds& passed,
                                                sctp::EngineObserver& observer);

}  // namespace funnel::sctpd
