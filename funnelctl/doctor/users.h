// Users of this machine, as configuration names them.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/base/error.h"

namespace funnel::ctl::doctor {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

// A user by name or number; a number without an entry counts as its own group. May ask the network.
[[nodiscard]] Result<User> FindUser(const std::string& name);

}  // namespace funnel::ctl::doctor
