// What is no mistake, but hardly what its author means: `funnelctl check` shows it,
// daemons do not mind. In the form of mistakes, sorted by file and line.
#pragma once

#include <cstdint>

#include "common/config/read/load.h"

namespace funnel::config {

// Files and folders that nothing reads, by their names: services.d/dns.conf, a folder services/.
// Hidden files, and those that editors and package managers leave behind, are no mistake.
[[nodiscard]] Mistakes FindUnread(const LoadOptions& options);

// Whether a suite can be had on this machine: seal::HasSuite.
using HasSuite = bool (*)(std::uint16_t number);

// Values that need something from outside of the configuration, or give something away.
[[nodiscard]] Mistakes FindDoubts(const Configuration& configuration, HasSuite has_suite);

// The part of these about suites that are configured and cannot be had; funnel-authd reports it as
// well.
[[nodiscard]] Mistakes FindMissingSuites(const Configuration& configuration, HasSuite has_suite);
void LogMissingSuites(const Configuration& configuration, HasSuite has_suite);

}  // namespace funnel::config
