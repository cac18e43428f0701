// The ports of a range from which sockets are to send ([connect] source), one after the other, so
// that one that was used last is used again last: TCP keeps a port for a while after its
// connection's end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <unordered_map>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/socket_address.h"
#include "common/config/source.h"

namespace funnel::net {

// Whether it is this node that has not got SOURCE for a socket, which is no fault of what the
// socket was to reach.
[[nodiscard]] bool IsSourceError(const config::Source& source, const Error& error);
// Of these: no port is free.
[[nodiscard]] bool IsUsedUp(const Error& error);

class SourcePorts {
 public:
  // For one socket so many are tried at most, which takes a few milliseconds. The next socket goes
  // on behind them.
  static constexpr std::uint32_t kMostTries = 512;
  // When all that were tried are in use, none is tried for so long, so that a range that is used up
  // costs nothing.
  static constexpr std::chrono::milliseconds kRest{100};

  // An error for which IsUsedUp: that port is in use.
  using TryPort = std::function<Result<>(std::uint16_t port)>;

  // Calls TRY_PORT with ports of RANGE until one is not in use; its result. TO is what ports are
  // used up for: the other end of a connection, or nothing where each port can be had only once.
  [[nodiscard]] Result<> Take(const config::PortRange& range, const SocketAddress& to,
                              TimePoint now, const TryPort& try_port);

 private:
  config::PortRange range_;
  std::uint16_t next_ = 0;
  std::unordered_map<SocketAddress, TimePoint> resting_;  // until then
};

}  // namespace funnel::net
