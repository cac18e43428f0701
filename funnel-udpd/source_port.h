// The client's own port as the source of what goes to the backend (source-port = same).
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/error.h"
#include "common/base/socket_address.h"

namespace funnel::udpd {

// The port of CLIENT, an address as a far end has written it (wire::SessionInfo). 0: it has none.
[[nodiscard]] std::uint16_t PortOf(std::string_view client);

// Makes FD, a new socket that will send to BACKEND, send from PORT of whatever address of this
// machine leads there. Fails if another socket has that port on any address, or if PORT is one that
// this process may not use; FD can be used all the same, then from any port.
[[nodiscard]] Result<> SendFromPort(int fd, const SocketAddress& backend, std::uint16_t port);

}  // namespace funnel::udpd
