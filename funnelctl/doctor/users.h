// Users of this machine, as the configuration names them.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/base/error.h"

namespace funnel::ctl::doctor {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

// A user by name, or by number; a number without an entry is its own group. May ask the network.
[[nodiscard]] Result<User> FindUser(const std::string& name);

}  // namespace funnel::ctl::doctor
