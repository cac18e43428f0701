// Sockets that send from where [connect] source says.
//
// An error of this node's own, for which IsSourceError (source_ports.h), says that there is no such
// source: a port, an address that this node does not have, a right that the process lacks. Nothing
// is ever sent from another one instead.
#pragma once

#include <cstdint>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/socket_address.h"
#include "common/base/unique_fd.h"
#include "common/config/source.h"
#include "common/net/source_ports.h"

namespace funnel::net {

// What one socket needs.
struct SocketSource {
  const config::Source& source;
  SocketAddress client;  // whose the bytes are; only for `transparent`. Its port does not matter
  SourcePorts& ports;    // of the service
};

// A TCP socket that connects.
struct Connecting {
  UniqueFd fd;             // non-blocking
  bool connected = false;  // otherwise EPOLLOUT says when it is, or has failed
};

// A new TCP socket that connects to TO.
[[nodiscard]] Result<Connecting> ConnectFrom(const SocketSource& from, const SocketAddress& to,
                                             TimePoint now);

// Binds FD, a new UDP socket of TO's family.
[[nodiscard]] Result<> BindForDatagrams(int fd, const SocketSource& from, const SocketAddress& to,
                                        TimePoint now);

// The same to PORT, which FROM's source does not name. 0: any.
[[nodiscard]] Result<> BindToPort(int fd, const SocketSource& from, const SocketAddress& to,
                                  std::uint16_t port);

}  // namespace funnel::net
