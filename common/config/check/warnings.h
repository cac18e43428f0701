// What is no mistake, but hardly what its author means: `funnelctl check` shows it,
// daemons do not mind. In the form of mistakes, sorted by file and line.
#pragma once

#include "common/config/read/load.h"

namespace funnel::config {

// Files and folders that nothing reads, by their names: services.d/dns.conf, a folder services/.
// Hidden ones, and what editors and package managers leave behind, are nobody's mistake.
[[nodiscard]] Mistakes FindUnread(const LoadOptions& options);

// Values that need something from outside of the configuration.
[[nodiscard]] Mistakes FindDoubts(const Configuration& configuration);

}  // namespace funnel::config
