// What configuration alone does not know of the edges' users, since it looks up no user.
#pragma once

#include "common/config/read/load.h"

namespace funnel::ctl {

// Edges whose user is another one's under another name, by this machine's user database: another
// edge's, funnel-sctpd's, funnel-authd's, or root's. Users that systemd makes for as long as an
// edge runs are not in it, and are nobody else.
[[nodiscard]] config::Mistakes FindSharedUsers(const config::Configuration& configuration);

}  // namespace funnel::ctl
