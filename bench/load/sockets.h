// Sockets and waiting, for the load programs. A mistake ends the program with a message.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/socket_address.h"
#include "common/base/unique_fd.h"

namespace funnel::bench {

using Nanoseconds = std::int64_t;  // on the monotonic clock
inline constexpr Nanoseconds kSecond = 1'000'000'000;

inline constexpr unsigned kBatch = 64;  // datagrams a system call

[[nodiscard]] inline Nanoseconds NowNs() { return Now().time_since_epoch().count(); }

// Prints WHAT with errno's text and ends the program.
[[noreturn]] void Die(std::string_view what);

[[nodiscard]] SocketAddress ParseAddress(const char* host, const char* port);

enum class Transport { kUdp, kTcp };
// UDP: with buffers that hold a burst. TCP: with TCP_NODELAY. Blocking: calls pass MSG_DONTWAIT.
[[nodiscard]] UniqueFd ConnectSocket(const SocketAddress& address, Transport transport);
// Bound; TCP: listening.
[[nodiscard]] UniqueFd BindSocket(const SocketAddress& address, Transport transport);

// ppoll(2) until UNTIL, a second at most.
void WaitFor(std::vector<pollfd>& fds, Nanoseconds until);

}  // namespace funnel::bench
