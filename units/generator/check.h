// ExecStartPre= of an instance's socket: prints a message of its own for each mistake, before
// anything is bound.
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
  std::string generated;  // where systemd stores what the generator wrote: /run/systemd/generator
  // Makes systemd run the generator and read its units again.
  std::function<Result<>()> daemon_reload;
};

// The mistakes in UNIT ("funnel-udpd@dns.socket"), one on each line; empty: it may start, and
// systemd has read what its file says now.
[[nodiscard]] std::vector<std::string> CheckUnit(const CheckOptions& options,
                                                 std::string_view unit);

}  // namespace funnel::generator
