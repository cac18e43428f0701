// What every TCP socket of an edge is set to, and the two ways in which one is ended.
#pragma once

#include <chrono>

#include "common/base/unique_fd.h"

namespace funnel::tcpd {

// TCP_NODELAY (requests are small and must not wait for each other's acknowledgement), and probes
// of a silent peer after KEEPALIVE (0: none), and a reset on close: should this process die, the
// kernel closes for it, and that must not look like an end. Harmless on a Unix socket. Mistakes are
// ignored: a socket whose peer has gone refuses options, and its next read returns why.
void PrepareStream(int fd, std::chrono::milliseconds keepalive);

// Ends the connection so that its peer sees ECONNRESET (an RST), whatever was still to be sent: a
// truncated stream must not look like one that ended. A Unix socket has no reset of its own: its
// peer sees ECONNRESET only if it had sent something that was not read, else the end of the stream.
void CloseWithReset(UniqueFd fd);

// After the ends of both directions: what was written is still delivered.
void CloseCleanly(UniqueFd fd);

}  // namespace funnel::tcpd
