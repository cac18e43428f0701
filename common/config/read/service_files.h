// Each file of services.d by itself, for a program that must serve the good ones although others
// are broken (funnel-generator). Daemons use Load, which checks everything together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/read/load.h"

namespace funnel::config {

struct ServiceFile {
  std::string name;       // "dns"; empty: the folder itself could not be listed
  std::string path;       // the main file
  ServiceConfig service;  // what could be read of it
  std::vector<Mistake> mistakes;

  // Whether SECTION.KEY is written in the file and all its values were understood.
  [[nodiscard]] bool Has(std::string_view section, std::string_view key) const;
  // Whether the file states exactly one of the three roles.
  [[nodiscard]] bool HasRole() const;
};

// Sorted by name.
[[nodiscard]] std::vector<ServiceFile> LoadServiceFiles(const LoadOptions& options);

}  // namespace funnel::config
