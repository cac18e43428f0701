// The ways to a peer: which there are, what is being tried, and why not direct SCTP.
#pragma once

#include "funnelctl/status/status_model.h"
#include "funnelctl/table.h"

namespace funnel::ctl {

// As notes below the peer's row.
void AddWays(const AssociationStatus& association, Table& table);

}  // namespace funnel::ctl
