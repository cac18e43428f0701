// The engine on the SCTP core of our own (sctp/): it runs in this process, and we move its packets
// over UDP (RFC 6951), and straight over IP where we may have raw sockets.
#pragma once

#include <memory>
#include <vector>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/engine/settings.h"

namespace funnel::sctp {

// SOCKETS: bound UDP sockets, one for each address or one for all of a family (one IPv6 without
// IPV6_V6ONLY serves both); in addition those of OpenDirectSockets, for Carrier::kDirect. OBSERVER
// outlives the engine. Several engines may live in one process (and must stay in one thread).
[[nodiscard]] Result<std::unique_ptr<Engine>> MakeOwnEngine(const Settings& settings,
                                                            std::vector<UniqueFd> sockets,
                                                            EngineObserver& observer);

}  // namespace funnel::sctp
