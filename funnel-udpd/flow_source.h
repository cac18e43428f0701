// From where a flow's datagrams go to the backend: [connect] source and source-port.
#pragma once

#include <string>

#include "funnel-udpd/shared_state.h"

namespace funnel::udpd {

// Binds FD, the new socket of a flow of CLIENT, which will send to BACKEND; STATED is that client's
// address where the peer may state it. An error of this node's own (net::IsSourceError): it cannot
// send from where `source` says. A port that `source-port` wants and that cannot be had is logged
// and counted, and is no error.
[[nodiscard]] Result<> BindFlow(SharedState& shared, int fd, const SocketAddress& backend,
                                const std::string& client, const SocketAddress& stated);

// What counts flows that have no backend for the reason ERROR: kConnectFailed, or that this node
// has not got SOURCE for them, which is no backend's fault.
[[nodiscard]] CounterIndex CounterFor(const config::Source& source, const Error& error);

}  // namespace funnel::udpd
