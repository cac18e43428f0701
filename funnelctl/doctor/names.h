// Names as funnel-sctpd resolves them: SRV records first where no port was written.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/config/address.h"

namespace funnel::ctl::doctor {

// The hosts that a peer's `connect` leads to: the targets of its SRV records, else its own host.
// May wait for name servers.
[[nodiscard]] Result<std::vector<std::string>> HostsOf(const config::Endpoint& endpoint);

}  // namespace funnel::ctl::doctor
