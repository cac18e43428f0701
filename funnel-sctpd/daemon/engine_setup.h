// From configuration and passed sockets to a running engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/config/model.h"
#include "common/event/listen_fds.h"
#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctpd {

struct StartedEngine {
  std::unique_ptr<sctp::Engine> engine;
  std::vector<std::string> listen;  // the addresses of its sockets, for status
};

// The kernel's SCTP or our own, as `engine` says; auto takes the kernel's where it does all that
// the configuration asks for. Which one it is and why is logged. The userland engine takes the
// sockets named `udp` where there are any, and its own (udp_sockets.h) otherwise.
[[nodiscard]] Result<StartedEngine> StartEngine(const config::SctpConfig& config,
                                                event::ListenFds& passed,
                                                sctp::EngineObserver& observer);

}  // namespace funnel::sctpd
