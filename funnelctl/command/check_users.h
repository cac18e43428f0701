// What configuration alone cannot know about the edges' users, because it looks up no user.
#pragma once

#include "common/config/read/load.h"

namespace funnel::ctl {

// Edges whose user is the same, by this machine's user database, as that of another edge, of
// funnel-sctpd, of funnel-authd, or root, under another name. Users that systemd makes while an
// edge runs are not in the database, and are nobody else.
[[nodiscard]] config::Mistakes FindSharedUsers(const config::Configuration& configuration);

}  // namespace funnel::ctl
