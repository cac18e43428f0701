// Which services of this node feed another: the backend of the one is the listener of the other, so
// that what comes out of the first goes on into the second.
#pragma once

#include <vector>

#include "common/config/model.h"

namespace funnel::config {

// The services with a [listen] section that SERVICE, which has a [connect] section, goes on into.
// Backends by name are not looked up; localhost is known.
[[nodiscard]] std::vector<const ServiceConfig*> GoesOnInto(const Configuration& configuration,
                                                           const ServiceConfig& service);
// The services with a [connect] section that go on into SERVICE, which has a [listen] section.
[[nodiscard]] std::vector<const ServiceConfig*> FedBy(const Configuration& configuration,
                                                      const ServiceConfig& service);

}  // namespace funnel::config
