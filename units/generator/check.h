// ExecStartPre= of an instance's socket: each mistake has its own message, before anything is
// bound.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/config/read/load.h"

namespace funnel::generator {

struct CheckOptions {
  config::LoadOptions load;
  std::string generated;  // where systemd keeps what the generator wrote: /run/systemd/generator
  // Has systemd run the generator and read its units again.
  std::function<Result<>()> daemon_reload;
};

// What is wrong with UNIT ("funnel-udpd@dns.socket"), one line each; empty: it may start, and
// systemd has what its file says now.
[[nodiscard]] std::vector<std::string> CheckUnit(const CheckOptions& options,
                                                 std::string_view unit);

}  // namespace funnel::generator
