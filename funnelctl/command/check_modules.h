// The protocol modules that services name: whether they are installed, and accept the options.
#pragma once

#include <string>

#include "common/config/read/load.h"

namespace funnel::ctl {

struct ModuleFindings {
  config::Mistakes mistakes, warnings;
};

// FOLDER has the modules. This loads them, so their code runs.
[[nodiscard]] ModuleFindings CheckModules(const config::Configuration& configuration,
                                          const std::string& folder);

}  // namespace funnel::ctl
