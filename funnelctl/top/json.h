// What `funnelctl top --json` says of one interval (json_schema.md). Does no I/O.
#pragma once

#include "funnelctl/print.h"
#include "funnelctl/top/sample.h"

namespace funnel::ctl {

[[nodiscard]] Json TrafficAsJson(const Sample& before, const Sample& now);

}  // namespace funnel::ctl
