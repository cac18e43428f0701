// The JSON that funnelctl gets (funnelctl/status_schema.md).
#pragma once

#include <string>

#include "funnel-authd/core.h"
#include "funnel-authd/peer_links.h"

namespace funnel::authd {

[[nodiscard]] std::string StatusJson(const Core& core, const PeerLinks& peers,
                                     std::int64_t started);

}  // namespace funnel::authd
