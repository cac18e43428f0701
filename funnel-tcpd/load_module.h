// A service's module at the start of its edge.
#pragma once

#include <memory>
#include <string>

#include "common/base/error.h"
#include "common/config/model.h"
#include "common/module/service_module.h"

namespace funnel::tcpd {

// nullptr: SERVICE has none, or does without: that is logged. FOLDER empty: where the package
// installs them. An error: it cannot be used, and the service requires it.
[[nodiscard]] Result<std::unique_ptr<module::ServiceModule>> LoadServiceModule(
    const config::ServiceConfig& service, const std::string& folder);

}  // namespace funnel::tcpd
