// ExecStartPre= of an instance's socket: each mistake has its own message, before anything is
// bound.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/service_files.h"

namespace funnel::generator {

struct CheckOptions {
  config::LoadOptions load;
  std::string generated;  // where systemd keeps what the generator wrote: /run/systemd/generator
};

// What is wrong with UNIT ("funnel-udpd@dns.socket"), one line each; empty: it may start.
[[nodiscard]] std::vector<std::string> CheckUnit(const CheckOptions& options,
                                                 std::string_view unit);

}  // namespace funnel::generator
