// Which user must own a counter file: each daemon's user may create files of any name in that
// folder.
#pragma once

#include "common/config/model.h"
#include "common/metrics/reader.h"

namespace funnel::ctl {

// By CONFIGURATION, which must outlive it: the user of the daemon that FILE is named after. Files
// of root are always accepted. Asks the name service.
[[nodiscard]] metrics::OwnerCheck OwnersBy(const config::Configuration& configuration);

}  // namespace funnel::ctl
