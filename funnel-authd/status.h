// The JSON that funnelctl gets (funnelctl/status_schema.md).
#pragma once

#include <string>

#include "funnel-authd/peer/peer_links.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

[[nodiscard]] std::string StatusJson(const SharedState& shared, const PeerLinks& peers,
                                     std::int64_t started);

}  // namespace funnel::authd
