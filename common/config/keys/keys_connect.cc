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
        .applies = kNotSocks,
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
        .applies = kNotSocks,
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
        .applies = kNotSocks,
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
        .applies = kNotSocks,
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
        .applies = kNotSocks,
        .since = "0.2",
    },
    // Not by default: what a server makes of questions that no client asked, its administrator
    // knows.
    {
        .section = "connect",
        .key = "check",
        .type = Type::kCheck,
        .member = At<&ServiceConfig::check>,
        .help =
            "What each backend is asked all the time, so that one that does not work gets nothing. "
            "connect (tcp): it takes a connection. text:... or hex:...: it answers these bytes; "
            "text knows \\r, \\n, \\t and \\\\. dns or dns:NAME (udp): it answers a "
            "query for NS of the root or of NAME, with anything but SERVFAIL. radius (udp): it "
            "answers Status-Server (RFC 5997), signed with the secret of check-secret-file. Of a "
            "name the addresses are tried until one passes.",
        .applies = kNotSocks,
        .since = "0.2",
    },
    {
        .section = "connect",
        .key = "check-expect",
        .type = Type::kBytes,
        .member = At<&ServiceConfig::check_expect>,
        .help = "What the answer must begin with, for connect, text and hex. With connect it is "
                "what a server says first. Without it any answer will do.",
        .applies = kNotSocks,
        .since = "0.2",
    },
    // A file, because the configuration may be read by everybody. The edge's user needs no right to
    // it: the unit passes it (LoadCredential=), as it is when the edge starts.
    {
        .section = "connect",
        .key = "check-secret-file",
        .type = Type::kPath,
        .member = At<&ServiceConfig::check_secret_file>,
        .help = "The file, from /, whose first line is the secret that the servers share with this "
                "node, for radius. Only root must be able to read it: the unit passes it to the "
                "edge, and another secret takes a restart.",
        .applies = kConnectOnly | kNotSocks,
        .since = "0.2",
        .applied = Applied::kUnitRestart,
    },
    // As HAProxy has it: with check-fall it takes 6 s until a dead backend is noticed, and a
    // backend is asked 30 times a minute.
    {
        .section = "connect",
        .key = "check-every",
        .type = Type::kTime,
        .member = At<&ServiceConfig::check_every>,
        .help = "How often each backend is checked; several of a service have their turns evenly "
                "spread over this time.",
        .range = {100, kHour},
        .applies = kNotSocks,
        .since = "0.2",
    },
    // As dnsdist has it. Backends are near their edge: one that needs longer serves nobody well.
    {
        .section = "connect",
        .key = "check-timeout",
        .type = Type::kTime,
        .member = At<&ServiceConfig::check_timeout>,
        .help = "How long a backend has for the whole answer, the lookup of its name included.",
        .range = {10, kHour},
        .applies = kNotSocks,
        .since = "0.2",
        .not_above = "check-every",
    },
    // HAProxy's values: one lost datagram, or one lucky answer, changes nothing.
    {
        .section = "connect",
        .key = "check-rise",
        .type = Type::kCount,
        .member = At<&ServiceConfig::check_rise>,
        .help = "Checks in a row that a backend that is down must pass; then its share grows for "
                "slow-return. Where down-after took it down, down-time must be over, too.",
        .range = {1, 1000},
        .applies = kNotSocks,
        .since = "0.2",
    },
    {
        .section = "connect",
        .key = "check-fall",
        .type = Type::kCount,
        .member = At<&ServiceConfig::check_fall>,
        .help = "Checks in a row that a backend must fail to be down, whatever clients see of it. "
                "It stays down until it passes check-rise of them; if all backends are down, one "
                "is asked all the same.",
        .range = {1, 1000},
        .applies = kNotSocks,
        .since = "0.2",
    },
    // Not `refuse` by default: a check that asks for the wrong thing must not end a service whose
    // backends work.
    {
        .section = "connect",
        .key = "on-backend-down",
        .type = Type::kOnBackendDown,
        .member = At<&ServiceConfig::on_backend_down>,
        .help = "What becomes of new connections while all backends fail their checks, which the "
                "client's node is told, unless it is of version 0.1. wait: one is asked all the "
                "same, and a connection that none takes waits until a backend has passed its "
                "checks, for connect-timeout at most. refuse: they are reset at once, and with "
                "accept-when = up there the client's node answers none.",
        .applies = kTcpOnly | kNotSocks,
        .since = "0.2",
    },
    {
        .section = "connect",
        .key = "proxy-protocol",
        .type = Type::kProxyProtocol,
        .member = At<&ServiceConfig::proxy_protocol>,
        .help =
            "How the client's address is passed to the backend, ahead of a connection or of each "
            "datagram: v1 is text, for connections only, v2 binary, v2-tlv the same with who "
            "opened the channel.",
        .applies = kNotSocks,
    },
    // Whoever runs a program on the backend's machine has ports of its address, so only those who
    // need it should take answers from all of them.
    {
        .section = "connect",
        .key = "backend-port",
        .type = Type::kPortRule,
        .member = At<&ServiceConfig::backend_port>,
        .help = "From which port of the backend's address a flow's answers may come: the same that "
                "was asked, or any. With any, what the client sends next goes to the first other "
                "port that answered, as TFTP wants it, until that port refuses it.",
        .applies = kUdpOnly | kConnectOnly,
        .since = "0.2",
    },
    // Few protocols look at it, and a far end that chooses our ports can take one that a program of
    // this machine needs.
    {
        .section = "connect",
        .key = "source-port",
        .type = Type::kPortRule,
        .member = At<&ServiceConfig::source_port>,
        .help = "From which port of this machine a flow's datagrams go to the backend: any, or the "
                "same that the client has, as some peers of NTP and SIP want it. Where that is in "
                "use here, by another client too, it is any. With same the edge may also use ports "
                "below 1024.",
        .applies = kUdpOnly | kConnectOnly,
        .since = "0.2",
        .applied = Applied::kUnitRestart,
    },
    // Together with proxy-protocol it says the same twice, which harms nobody. With a Unix socket
    // it would say nothing. The targets of socks may have a fixed source; transparent would let
    // whoever names both ends of a connection write any address into the target's log.
    {
        .section = "connect",
        .key = "source",
        .type = Type::kSource,
        .member = At<&ServiceConfig::source>,
        .help = "From where new connections and flows go to the backend, and checks of it: an "
                "address of this node, one of the ports FIRST-LAST (a single one, too), or both. "
                "If none of these ports is free, the connection or flow is refused. transparent, "
                "not with socks: from the client's own address, for which the backend's answers "
                "must be routed back through this node; checks come from this node's own. Only "
                "what client-networks allows is taken for a client's address. What the unit then "
                "needs, CAP_NET_RAW, or CAP_NET_BIND_SERVICE for ports below 1024, it has from "
                "the next restart on.",
        .applies = kConnectOnly,
        .since = "0.2",
    },
    // Nothing by default: a client that may use the service would otherwise be in this node's
    // networks. They stand in the unit, too, whose filter the kernel applies.
    {
        .section = "connect",
        .key = "networks",
        .type = Type::kNetwork,
        .member = At<&ServiceConfig::connect_networks>,
        .help =
            "To which addresses clients may be connected; repeat for more. The address counts "
            "that is connected to, after one look-up of a name; one that carries an IPv4 "
            "address (::ffff:0:0/96, 64:ff9b::/96) counts as that. What belongs to this node "
            "or its links needs a network of its own: 127.0.0.0/8 or ::1 for loopback, an "
            "address of this node without /BITS, and networks within 169.254.0.0/16, fe80::/10, "
            "224.0.0.0/4, ff00::/8, 0.0.0.0/8 or ::.",
        .need = Need::kList,
        .applies = kSocksOnly | kConnectOnly,
        .computed_default = "none",
        .since = "0.2",
        .applied = Applied::kUnitRestart,
    },
    {
        .section = "connect",
        .key = "ports",
        .type = Type::kPorts,
        .member = At<&ServiceConfig::connect_ports>,
        .help = "To which ports of these addresses; repeat for more.",
        .need = Need::kList,
        .applies = kSocksOnly | kConnectOnly,
        .computed_default = "none",
        .since = "0.2",
    },
    // Each is a thread for as long as the name server takes.
    {
        .section = "connect",
        .key = "lookups",
        .type = Type::kCount,
        .member = At<&ServiceConfig::lookups>,
        .help = "Names that are looked up at once, of one far end half of them; the rest waits, "
                "within connect-timeout.",
        .range = {1, 1024},
        .applies = kSocksOnly | kConnectOnly,
        .since = "0.2",
    },
};

}  // namespace

std::span<const KeyRow> ConnectKeys() { return kConnectRows; }

}  // namespace funnel::config
