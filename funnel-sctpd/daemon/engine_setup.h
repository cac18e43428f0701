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

// The engine that `engine` names; auto takes the kernel's SCTP where that does all that the
// configuration asks for, and our own otherwise. Which one it is and why is logged. Those that
// do SCTP in this process take the sockets named `udp` where there are any, and open some
// (udp_sockets.h) otherwise.
[[nodiscard]] Result<StartedEngine> StartEngine(const config::SctpConfig& config,
                                                event::ListenFds& passed,
                                                sctp::EngineObserver& observer);

}  // namespace funnel::sctpd
