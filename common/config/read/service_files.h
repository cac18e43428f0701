// Each file of services.d by itself: for whoever must serve the good ones although others are
// broken (funnel-generator). Daemons use Load, which looks at everything together.
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

  // Whether SECTION.KEY is written there and was understood, each value of it.
  [[nodiscard]] bool Has(std::string_view section, std::string_view key) const;
  // Whether the file says which of the three roles the service has, and once only.
  [[nodiscard]] bool HasRole() const;
};

// Sorted by name.
[[nodiscard]] std::vector<ServiceFile> LoadServiceFiles(const LoadOptions& options);

}  // namespace funnel::config
