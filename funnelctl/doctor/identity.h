// A principal of this node and its uses.
#pragma once

#include <string>
#include <vector>

#include "common/config/model.h"

namespace funnel::ctl::doctor {

struct Identity {
  std::string principal;
  std::string keytab;                 // where its key must be
  bool initiates = false;             // we get tickets with it
  bool accepts = false;               // others get tickets for it
  std::vector<std::string> expected;  // the acceptors: `expect`, a peer's `principal`
};

// Sorted by principal; a principal appears once for each keytab.
[[nodiscard]] std::vector<Identity> IdentitiesOf(const config::Configuration& configuration);

}  // namespace funnel::ctl::doctor
