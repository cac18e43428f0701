// What [service] of services.d/NAME.ini has for connections.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

constexpr KeyRow kTcpRows[] = {
    // 4 MiB in flight fill 1 Gbit/s at 30 ms; the channel's 16 MiB is the protocol's bound.
    {
        .section = "service",
        .key = "max-sessions",
        .type = Type::kCount,
        .member = At<&ServiceConfig::max_sessions>,
        .help = "Connections at once.",
        .range = {1, 1048576},
        .applies = kTcpOnly,
        .counted_in = "sessions_over_limit",
    },
    {
        .section = "service",
        .key = "connect-timeout",
        .type = Type::kTime,
        .member = At<&ServiceConfig::connect_timeout>,
        .help = "How long the backend has to answer.",
        .range = {100, 5 * kMinute},
        .applies = kTcpOnly | kConnectOnly,
    },
    {
        .section = "service",
        .key = "attempt-delay",
        .type = Type::kTime,
        .member = At<&ServiceConfig::attempt_delay>,
        .help =
            "How long one address of the backend is tried before the next is tried in parallel.",
        .range = {10, kMinute},
        .applies = kTcpOnly | kConnectOnly,
        .since = "0.2",
    },
    {
        .section = "service",
        .key = "keepalive",
        .type = Type::kTime,
        .member = At<&ServiceConfig::keepalive>,
        .help = "Idle time after which TCP probes its client or backend, 32767s at most for Linux; "
                "0s: never.",
        .range = {0, 24 * kHour},
        .applies = kTcpOnly,
    },
    {
        .section = "service",
        .key = "stuck-timeout",
        .type = Type::kTime,
        .member = At<&ServiceConfig::stuck_timeout>,
        .help = "How long a client or backend may read nothing of what waits for it; 0s: for ever.",
        .range = {0, 24 * kHour},
        .applies = kTcpOnly,
        .since = "0.2",
    },
    {
        .section = "service",
        .key = "session-window",
        .type = Type::kSize,
        .member = At<&ServiceConfig::session_window_bytes>,
        .help = "Bytes of one connection that may be on their way.",
        .range = {64 * kKi, 16 * kMi},
        .applies = kTcpOnly,
        .not_above = "channel-window",
    },
    {
        .section = "service",
        .key = "channel-window",
        .type = Type::kSize,
        .member = At<&ServiceConfig::channel_window_bytes>,
        .help = "Bytes of all connections that may be on their way.",
        .range = {kMi, 16 * kMi},
        .applies = kTcpOnly,
    },
};

}  // namespace

std::span<const KeyRow> TcpKeys() { return kTcpRows; }

}  // namespace funnel::config
