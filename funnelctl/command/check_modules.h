// Protocol modules that services name: whether they are installed, and take the options.
#pragma once

#include <string>

#include "common/config/read/load.h"

namespace funnel::ctl {

struct ModuleFindings {
  config::Mistakes mistakes, warnings;
};

// FOLDER: where modules are. Loads them: their code runs.
[[nodiscard]] ModuleFindings CheckModules(const config::Configuration& configuration,
                                          const std::string& folder);

}  // namespace funnel::ctl
