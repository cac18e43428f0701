// What a reload can change of a running edge, and what it cannot.
#pragma once

#include <vector>

#include "common/config/check/reload_report.h"

namespace funnel::service {

// Undoes in NEXT what an edge that runs as RUNNING says cannot change, and reports it.
[[nodiscard]] std::vector<config::NeedsRestart> KeepFixed(const config::ServiceConfig& running,
                                                          config::ServiceConfig& next);

}  // namespace funnel::service
