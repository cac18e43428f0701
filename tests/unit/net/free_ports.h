// Ports that a test may have.
#pragma once

#include <sys/socket.h>

#include <vector>

#include "common/base/socket_address.h"
#include "common/base/unique_fd.h"
#include "common/config/port_range.h"

namespace funnel::net {

// COUNT ports in a row that nobody has at any address: of two, where the kernel does not choose
// them for others.
inline config::PortRange FreePorts(std::uint16_t count) {
  static std::uint16_t next = 20000;
  std::vector<UniqueFd> held;
  while (held.size() < 2U * count && next < 30000) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      const SocketAddress all = *SocketAddress::FromLiteral("0.0.0.0", next);
      UniqueFd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
      if (bind(fd.get(), all.data(), all.size()) != 0)
        held.clear();
      else
        held.push_back(std::move(fd));
    }
    if (held.size() % 2 != 0) held.clear();
    ++next;
  }
  return {static_cast<std::uint16_t>(next - count), static_cast<std::uint16_t>(next - 1)};
}

}  // namespace funnel::net
