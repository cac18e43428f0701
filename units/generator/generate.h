// What the generator does (systemd.generator(7)).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/config/read/load.h"
#include "units/generator/held.h"
#include "units/generator/report.h"

namespace funnel::generator {

using Reporter = std::function<void(Priority, std::string_view)>;

// Writes the drop-ins of every service below DIRECTORY; for sockets that are up, those with which
// they were started. A broken file is reported and does not affect other services. False: something
// could not be written.
[[nodiscard]] bool Generate(const config::LoadOptions& options, const Held& held,
                            const std::string& directory, const Reporter& report);

}  // namespace funnel::generator
