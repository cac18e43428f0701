// What is no mistake, but hardly what its author means: `funnelctl check` shows it, daemons ignore
// it. It has the form of mistakes, sorted by file and line.
#pragma once

#include <cstdint>

#include "common/config/read/load.h"

namespace funnel::config {

// Files and folders whose names show that nothing reads them: services.d/dns.conf, a folder
// services/. Hidden files, and what editors and package managers leave behind, are not reported.
[[nodiscard]] Mistakes FindUnread(const LoadOptions& options);

// Whether this machine has a suite: seal::HasSuite.
using HasSuite = bool (*)(std::uint16_t number);

// Values that need something outside of the configuration, or that disclose something.
[[nodiscard]] Mistakes FindDoubts(const Configuration& configuration, HasSuite has_suite);

// The part of FindDoubts that is about suites which are configured but not available; funnel-authd
// reports it, too.
[[nodiscard]] Mistakes FindMissingSuites(const Configuration& configuration, HasSuite has_suite);
void LogMissingSuites(const Configuration& configuration, HasSuite has_suite);

}  // namespace funnel::config
