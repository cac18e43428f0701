// The engine on the SCTP core of our own, over the same sockets as the userland engine.
#pragma once

#include "funnel-sctpd/engine/userland/userland_engine.h"

namespace funnel::sctp {

// SOCKETS and OBSERVER as MakeUserlandEngine's.
[[nodiscard]] Result<std::unique_ptr<Engine>> MakeOwnEngine(const Settings& settings,
                                                            std::vector<UniqueFd> sockets,
                                                            EngineObserver& observer);

}  // namespace funnel::sctp
