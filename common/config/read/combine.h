// Makes a configuration from units that have been read: this is what Load does once it has the
// files. It does no I/O.
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

// Relative paths are relative to DIRECTORY.
[[nodiscard]] std::expected<Configuration, Mistakes> Combine(const std::string& directory,
                                                             const Units& units);

}  // namespace funnel::config
