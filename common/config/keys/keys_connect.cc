// The keys of [connect] of services.d/NAME.ini: the backends of a service, and which of them gets
// what.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

constexpr KeyRow kConnectRows[] = {
    {
        .section = "connect",
        .key = "address",
        .type = Type::kBackend,
        .member = At<&ServiceConfig::connect_address>,
        .help = "A backend; repeat for more. Behind its address weight=N is its share among the "
                "others, 1 to 100, and backup says that it gets something only while no other "
                "takes anything. A name with several addresses is one backend. Version 0.1 has "
                "one backend a service.",
        .need = Need::kList,
    },
    // Each backend is used in the same way, whatever the clients are. Sessions of very different
    // length want least-sessions, backends that remember their clients want client.
    {
        .section = "connect",
        .key = "balance",
        .type = Type::kBalance,
        .member = At<&ServiceConfig::balance>,
        .help = "Which backend a new connection or flow gets, each by its weight: the next in turn "
                "(round-robin), the one with the fewest (least-sessions), or the same for all of "
                "one client address (client), whose others keep theirs when a backend comes or "
                "goes. One that refuses is passed over.",
        .since = "0.2",
    },
    // As many as HAProxy's health checks wait for: a single failure may be that one client's, and
    // costs it only the time in which the next backend answers.
    {
        .section = "connect",
        .key = "down-after",
        .type = Type::kCount,
        .member = At<&ServiceConfig::down_after>,
        .help = "Failures in a row after which a backend is down: no connection within its time, "
                "or datagrams refused (ICMP). A backend that is down gets something only while no "
                "other takes anything; flows leave it, connections stay. 0: never down.",
        .range = {0, 1000},
        .since = "0.2",
    },
    // As nginx has it: a restart is over by then, and a try each 10 s costs nobody much.
    {
        .section = "connect",
        .key = "down-time",
        .type = Type::kTime,
        .member = At<&ServiceConfig::down_time>,
        .help = "How long a backend stays down before it is tried again. If that fails, it is down "
                "for as long again.",
        .range = {100, kHour},
        .since = "0.2",
    },
    // Caches are cold after a restart, and a backend that is not really back costs few clients.
    {
        .section = "connect",
        .key = "slow-return",
        .type = Type::kTime,
        .member = At<&ServiceConfig::slow_return>,
        .help = "How long the weight of a backend that was down grows until it has all of it, from "
                "a tenth; 0s: it has all at once.",
        .range = {0, kHour},
        .since = "0.2",
    },
    {
        .section = "connect",
        .key = "proxy-protocol",
        .type = Type::kProxyProtocol,
        .member = At<&ServiceConfig::proxy_protocol>,
        .help =
            "How the client's address is passed to the backend: v1 is text, v2 binary, v2-tlv the "
            "same with who opened the channel.",
        .applies = kTcpOnly,
    },
};

}  // namespace

std::span<const KeyRow> ConnectKeys() { return kConnectRows; }

}  // namespace funnel::config
