// Our own UDP sockets. The service manager keeps them while we restart (its descriptor store;
// FileDescriptorStoreMax=), so that no packet in them is lost and nobody else gets the port.
#pragma once

#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/config/sctp_config.h"
#include "common/event/listen_fds.h"

namespace funnel::sctpd {

// The name of the kept ones in LISTEN_FDNAMES. It is not `udp`, which are those of a socket unit.
inline constexpr std::string_view kStoredUdp = "stored-udp";

// The kept ones, if they are bound as CONFIG says; otherwise newly bound ones, which are then kept.
[[nodiscard]] Result<std::vector<UniqueFd>> OwnUdpSockets(const config::SctpConfig& config,
                                                          event::ListenFds& passed);
// For an engine that needs none: gives up the kept ones.
[[nodiscard]] Result<> ForgetUdpSockets(event::ListenFds& passed);

// "192.0.2.1:9899"; "?" if it is no Internet socket.
[[nodiscard]] std::string BoundAddress(int fd);

}  // namespace funnel::sctpd
