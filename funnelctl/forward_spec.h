// What `funnelctl forward` is asked for: [BIND:]PORT:HOST:PORT, as ssh -L has it.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/socket_address.h"
#include "common/base/unique_fd.h"

namespace funnel::ctl {

struct ForwardSpec {
  SocketAddress listen;  // port 0: any that is free
  std::string target;    // "host:port", "[2001:db8::1]:443"
};

// BIND is an address, with brackets if it is of IPv6; `localhost`, as without it: 127.0.0.1; `*`,
// or nothing before its colon: all addresses of both families.
[[nodiscard]] Result<ForwardSpec> ParseForwardSpec(std::string_view text);

// Listens there, with the rights of this process.
[[nodiscard]] Result<UniqueFd> ListenForForward(const SocketAddress& address);

}  // namespace funnel::ctl
