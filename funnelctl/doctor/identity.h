// A principal of this node and what it is for.
#pragma once

#include <string>
#include <vector>

#include "common/config/model.h"

namespace funnel::ctl::doctor {

struct Identity {
  std::string principal;
  std::string keytab;                 // where its key must be
  bool initiates = false;             // a ticket is got with it
  bool accepts = false;               // others get tickets for it
  std::vector<std::string> expected;  // to which it initiates: `expect`, a peer's `principal`
};

// Sorted by principal, each once a keytab.
[[nodiscard]] std::vector<Identity> IdentitiesOf(const config::Configuration& configuration);

}  // namespace funnel::ctl::doctor
