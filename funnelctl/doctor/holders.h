// Who holds a port of this network namespace, from /proc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/socket_address.h"

namespace funnel::ctl::doctor {

struct Holder {
  std::int64_t pid = 0;
  std::string command;  // as in /proc/PID/comm, escaped
};

struct BoundSocket {
  SocketAddress address;
  std::uint64_t inode = 0;
  std::vector<Holder> holders;  // none if we may not look, or if the kernel itself holds it
};

// One line of /proc/net/{udp,tcp}{,6} after the header; nullopt for a line of another form.
[[nodiscard]] std::optional<BoundSocket> ParseProcNetLine(const std::string& line);

// UDP sockets, or TCP sockets that listen, bound to PORT.
[[nodiscard]] std::vector<BoundSocket> FindBound(bool udp, std::uint16_t port);

}  // namespace funnel::ctl::doctor
