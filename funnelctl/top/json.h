// What `funnelctl top --json` prints for one interval (json_schema.md). Does no I/O.
#pragma once

#include "funnelctl/print.h"
#include "funnelctl/top/look.h"

namespace funnel::ctl {

[[nodiscard]] Json TrafficAsJson(const Look& before, const Look& now);

}  // namespace funnel::ctl
