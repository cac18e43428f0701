// Reads the header of the PROXY protocol that a load balancer sends first on a connection:
// version 1, a line of text, and version 2. proxy_header.h draws both.
//
// No I/O: the owner reads as many bytes as are asked for, and of a line not beyond its end, so that
// none of the client's is touched.
#pragma once

#include <optional>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/socket_address.h"

namespace funnel::tcpd {

// What the specification has for the longest line of version 1, its end included.
inline constexpr std::size_t kMaxProxyLine = 107;
// Of version 2, with all its TLVs: those of a certificate are the longest that balancers send.
inline constexpr std::size_t kMaxProxyHeader = 4096;

struct ProxyAddresses {
  SocketAddress client;
  SocketAddress local;  // where the client connected to
  bool operator==(const ProxyAddresses&) const = default;
};

struct ProxyProgress {
  // As many bytes belong to the header, at least, behind those that there are; 0: it is complete.
  std::size_t more = 0;
  // It is a line, and everything up to the next LF belongs to it.
  bool is_line = false;
  // Of a complete one; nullopt: the connection is the balancer's own (LOCAL), or it knows nothing
  // about the client (UNKNOWN), so that the real addresses count.
  std::optional<ProxyAddresses> addresses = std::nullopt;
};

// HEADER is what has come so far: of nothing but the header. The error says why it is no header.
[[nodiscard]] Result<ProxyProgress> ReadProxyHeader(ByteView header);

}  // namespace funnel::tcpd
