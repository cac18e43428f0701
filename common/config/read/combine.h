// Units that have been read, made into a configuration: what Load does once it has the files. Does
// no I/O.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "common/config/read/layers.h"
#include "common/config/read/load.h"

namespace funnel::config {

struct Units {
  Unit node;
  std::vector<Unit> peers;     // sorted by name
  std::vector<Unit> services;  // sorted by name
};

// DIRECTORY is what relative paths are relative to.
[[nodiscard]] std::expected<Configuration, Mistakes> Combine(const std::string& directory,
                                                             const Units& units);

}  // namespace funnel::config
