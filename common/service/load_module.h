// Loads a service's protocol module when its edge starts.
#pragma once

#include <memory>
#include <string>

#include "common/base/error.h"
#include "common/config/service_config.h"
#include "common/module/service_module.h"

namespace funnel::service {

// nullptr: SERVICE has none, or runs without it, which is logged. FOLDER is empty for the folder of
// the package. An error: the module cannot be used, and the service requires it.
[[nodiscard]] Result<std::unique_ptr<module::ServiceModule>> LoadServiceModule(
    const config::ServiceConfig& service, const std::string& folder);

}  // namespace funnel::service
