// The options of every TCP socket of an edge, and the two ways to end one.
#pragma once

#include <chrono>

#include "common/base/unique_fd.h"

namespace funnel::tcpd {

// Sets TCP_NODELAY (requests are small and must not wait for each other's acknowledgement), probes
// of a silent peer after KEEPALIVE (0: none), and a reset on close: if this process dies the kernel
// closes the socket, and that must not look like a proper end. Harmless on a Unix socket. Errors
// are ignored: a socket whose peer has gone refuses options, and its next read returns why.
void PrepareStream(int fd, std::chrono::milliseconds keepalive);

// Ends the connection so that its peer sees ECONNRESET (an RST), whatever was still to be sent: a
// truncated stream must not look like one that has ended. A Unix socket has no reset: its peer sees
// ECONNRESET only if it had sent something that was not read, otherwise the end of the stream.
void CloseWithReset(UniqueFd fd);

// Used after both directions have ended: what was written is still delivered.
void CloseCleanly(UniqueFd fd);

}  // namespace funnel::tcpd
