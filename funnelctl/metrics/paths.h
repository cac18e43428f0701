// The metrics of the paths to peers. Counter files have none, since paths come and go: they are
// what funnel-sctpd's status says when it is asked. A path that has gone has no samples.
#pragma once

#include <vector>

#include "funnelctl/metrics/families.h"
#include "funnelctl/status/status_model.h"

namespace funnel::ctl {

// All families, with a sample for each path of those of ASSOCIATIONS whose peer is verified.
[[nodiscard]] std::vector<Family> PathFamilies(const std::vector<AssociationStatus>& associations);

}  // namespace funnel::ctl
