// TUN devices in other network namespaces.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/base/unique_fd.h"

namespace funnel::wan {

// Attaches to the TUN device IFNAME of a namespace, making it if need be. The namespace is given as
// `ip netns` knows it, or as a path (/proc/PID/ns/net). Non-blocking; one IP packet a read or
// write. Leaves the caller in its own namespace.
[[nodiscard]] Result<UniqueFd> OpenTun(const std::string& network_namespace,
                                       const std::string& ifname);

}  // namespace funnel::wan
