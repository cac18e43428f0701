// TUN devices in other network namespaces.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/base/unique_fd.h"

namespace funnel::bench {

// Attaches to the TUN device IFNAME of the namespace that `ip netns` knows as NAMESPACE, making it
// if need be. Non-blocking; one IP packet a read or write. Leaves the caller in its own namespace.
[[nodiscard]] Result<UniqueFd> OpenTun(const std::string& network_namespace,
                                       const std::string& ifname);

}  // namespace funnel::bench
