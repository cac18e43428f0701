// The keys of [service] of services.d/NAME.ini about connections; and idle-timeout, which flows
// have, too.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

constexpr KeyRow kTcpRows[] = {
    // 4 MiB in flight fill 1 Gbit/s at 30 ms; the protocol limits the channel to 16 MiB.
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
    // The edge takes all that come in each turn of its loop, so a queue forms only while systemd
    // starts the edge. 4096 is the most that the kernel grants by default (net.core.somaxconn).
    {
        .section = "service",
        .key = "listen-backlog",
        .type = Type::kCount,
        .member = At<&ServiceConfig::listen_backlog>,
        .help =
            "Connections that wait in the kernel at each listening address until the edge takes "
            "them; Backlog= of its socket unit. The kernel grants no more than "
            "net.core.somaxconn, and counts what it turns away as ListenOverflows.",
        .range = {1, 65535},
        .applies = kTcpOnly | kListenOnly,
        .since = "0.2",
        .applied = Applied::kSocketRestart,
    },
    // Without a load balancer that asks whether the port is open, `always` serves better: a client
    // whose channel is down for long gets a reset after connect-wait, which says more than silence,
    // and one that comes first starts the edge. Whoever has such a balancer chooses `up`.
    {
        .section = "service",
        .key = "accept-when",
        .type = Type::kAcceptWhen,
        .member = At<&ServiceConfig::accept_when>,
        .help = "When clients get an answer at all. up: while a channel is open and the service is "
                "not drained; at other times a connection attempt gets none, as from a port behind "
                "a firewall that drops, so that a load balancer's check times out. The edge then "
                "starts with its socket unit. always: also while the channel is down; the "
                "connection waits for connect-wait.",
        .applies = kTcpOnly | kListenOnly,
        .since = "0.2",
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
    // A flow ends in no other way. A connection does, and many a client keeps one open for hours
    // (LDAP, IMAP IDLE, database pools) and takes its end for a fault; keepalive and user-timeout
    // find the dead ones. So it is off for connections.
    {
        .section = "service",
        .key = "idle-timeout",
        .type = Type::kTime,
        .member = At<&ServiceConfig::idle_timeout>,
        .help = "Idle time that ends a flow, or resets a connection at both its ends: no byte "
                "either way; 0s, which only a connection may have: never. Version 0.1 has no "
                "such end of connections.",
        .range = {0, 24 * kHour},
        .computed_default = "1min with udp; 0s otherwise",
    },
    // A side that has ended its own direction waits for an answer. An answer that begins after more
    // than an hour of silence is rarer than an application that forgot to close.
    {
        .section = "service",
        .key = "fin-timeout",
        .type = Type::kTime,
        .member = At<&ServiceConfig::fin_timeout>,
        .help = "How long a connection of which one direction has ended, whichever it is, may be "
                "silent in the other before it is reset; 0s: for ever.",
        .range = {0, 24 * kHour},
        .applies = kTcpOnly,
        .since = "0.2",
    },
    // As long as keepalive needs with its probes, which are not sent while data waits for its
    // acknowledgement. The kernel's own time is some 15 minutes.
    {
        .section = "service",
        .key = "user-timeout",
        .type = Type::kTime,
        .member = At<&ServiceConfig::user_timeout>,
        .help = "How long a client or backend may acknowledge nothing of what was sent to it, "
                "looked at four times in it; then the connection is reset. One that only reads "
                "nothing answers, and is a matter of stuck-timeout. 0s: as long as the kernel "
                "tries.",
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
    {
        .section = "service",
        .key = "module-hold",
        .type = Type::kTime,
        .member = At<&ServiceConfig::module_hold>,
        .help = "How long the beginning of a message waits for its rest, so that it is sent whole.",
        .range = {0, 10 * kSecond},
        .applies = kTcpOnly | kNotSocks,
        .since = "0.2",
    },
};

}  // namespace

std::span<const KeyRow> TcpKeys() { return kTcpRows; }

}  // namespace funnel::config
