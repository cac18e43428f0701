// Resolves names as funnel-sctpd does: SRV records first if no port was written.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/config/address.h"

namespace funnel::ctl::doctor {

// The hosts to which a peer's `connect` leads: the targets of its SRV records, or its own host. It
// may wait for name servers.
[[nodiscard]] Result<std::vector<std::string>> HostsOf(const config::Endpoint& endpoint);

}  // namespace funnel::ctl::doctor
