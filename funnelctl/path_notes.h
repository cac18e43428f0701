// The paths to a peer: which there are, which are being tried, and why none is direct SCTP.
#pragma once

#include "funnelctl/status/status_model.h"
#include "funnelctl/table.h"

namespace funnel::ctl {

// Adds them as notes below the peer's row.
void AddPathNotes(const AssociationStatus& association, Table& table);

}  // namespace funnel::ctl
