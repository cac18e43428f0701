// Our own UDP sockets. The service manager keeps them over a restart of ours (its descriptor store;
// FileDescriptorStoreMax=), so that no packet in them is lost and nobody else gets the port.
#pragma once

#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/config/model.h"
#include "common/event/listen_fds.h"

namespace funnel::sctpd {

// What kept ones are called in LISTEN_FDNAMES. Not `udp`, which are a socket unit's.
inline constexpr std::string_view kStoredUdp = "stored-udp";

// The kept ones, where they are bound as CONFIG says; else newly bound ones, which are then kept.
[[nodiscard]] Result<std::vector<UniqueFd>> OwnUdpSockets(const config::SctpConfig& config,
                                                          event::ListenFds& passed);
// For an engine that has no use for any: gives up what is kept.
[[nodiscard]] Result<> ForgetUdpSockets(event::ListenFds& passed);

// "192.0.2.1:9899"; "?" for what is no Internet socket.
[[nodiscard]] std::string BoundAddress(int fd);

}  // namespace funnel::sctpd
