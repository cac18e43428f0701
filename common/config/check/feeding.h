// Which services of this node feed another: the backend of the first is the listener of the second,
// so data that comes out of the first goes into the second.
#pragma once

#include <vector>

#include "common/config/model.h"

namespace funnel::config {

// The services with a [listen] section into which SERVICE, which has a [connect] section, feeds its
// data. Backends that are names are not looked up, except localhost.
[[nodiscard]] std::vector<const ServiceConfig*> GoesOnInto(const Configuration& configuration,
                                                           const ServiceConfig& service);
// The services with a [connect] section that feed SERVICE, which has a [listen] section.
[[nodiscard]] std::vector<const ServiceConfig*> FedBy(const Configuration& configuration,
                                                      const ServiceConfig& service);

}  // namespace funnel::config
