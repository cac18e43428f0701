// The keys of [service] of services.d/NAME.ini about single clients and peers: what they may do, at
// the end that they come to, and what is written down about them.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

constexpr KeyRow kClientRows[] = {
    // It is off by default: it records who talked to whom and when, which should not be kept
    // unasked, and it costs more than a small question itself.
    {
        .section = "service",
        .key = "access-log",
        .type = Type::kAccessForm,
        .member = At<&ServiceConfig::access_log>,
        .help = "Whether a line is logged about each connection or flow that has ended: with "
                "fields of the journal's (journal), or as one JSON object (json).",
        .since = "0.2",
    },
    // There is none by default: the service's address and the host's firewall determine which
    // network it listens in. Whoever writes a list wants all others kept out, so there is no list
    // of denied ones.
    {
        .section = "service",
        .key = "client-allow",
        .type = Type::kNetwork,
        .member = At<&ServiceConfig::client_allow>,
        .help = "Clients of these networks only are served; repeat for more. Connections that are "
                "there stay, flows do not.",
        .need = Need::kList,
        .applies = kListenOnly,
        .computed_default = "any",
        .since = "0.2",
    },
    // Nobody by default: whoever is in these networks can say that it is any client.
    {
        .section = "service",
        .key = "accept-proxy-from",
        .type = Type::kNetwork,
        .member = At<&ServiceConfig::accept_proxy_from>,
        .help = "Load balancers, whose connections begin with a PROXY header (version 1 or 2); "
                "repeat for more networks. The client that it names counts as the client "
                "everywhere. From others nothing is taken for such a header.",
        .need = Need::kList,
        .applies = kTcpOnly | kListenOnly,
        .computed_default = "none",
        .since = "0.2",
    },
    // A balancer sends it at once: even a packet that is lost twice has come by then.
    {
        .section = "service",
        .key = "accept-proxy-wait",
        .type = Type::kTime,
        .member = At<&ServiceConfig::accept_proxy_wait>,
        .help = "How long such a connection has for its header before it is reset. Until then it "
                "counts in max-sessions.",
        .range = {100, kMinute},
        .applies = kTcpOnly | kListenOnly,
        .since = "0.2",
    },
    // As long as RFC 1928 lets a server take to close after a refusal: clients send it at once.
    {
        .section = "service",
        .key = "request-wait",
        .type = Type::kTime,
        .member = At<&ServiceConfig::request_wait>,
        .help = "How long a client has to say to what it is to be connected before it is reset. "
                "Until then it counts in max-sessions.",
        .range = {100, kMinute},
        .applies = kSocksOnly | kListenOnly,
        .since = "0.2",
    },
    // Each is a command that somebody keeps running, with a connection of [control] clients. One
    // user has half of these, and needs some for other commands.
    {
        .section = "service",
        .key = "max-forwards",
        .type = Type::kCount,
        .member = At<&ServiceConfig::max_forwards>,
        .help = "Ports at once that funnelctl forward opens for this service; 0: none.",
        .range = {0, 1024},
        .applies = kSocksOnly | kListenOnly,
        .since = "0.2",
        .counted_in = "forwards_over_limit",
    },
    // All of these are off by default. One address often stands for several users (a NAT, a
    // resolver, a proxy), and what is much for one is little for another, so any number here would
    // refuse somebody who did nothing wrong.
    {
        .section = "service",
        .key = "max-sessions-per-client",
        .type = Type::kCount,
        .member = At<&ServiceConfig::max_sessions_per_client>,
        .help = "Connections at once of one client address, IPv6 by networks of 64 bits, or of "
                "one user who runs commands, with three each; 0: as many as max-sessions.",
        .range = {0, 1048576},
        .applies = kTcpOnly | kListenOnly,
        .since = "0.2",
        .counted_in = "client_sessions_over_limit",
    },
    {
        .section = "service",
        .key = "client-new-rate",
        .type = Type::kCount,
        .member = At<&ServiceConfig::client_new_rate>,
        .help = "New connections or flows a second of one client address, and as many at once; "
                "0: any number.",
        .range = {0, 1048576},
        .applies = kListenOnly,
        .since = "0.2",
        .counted_in = "client_news_over_rate",
    },
    {
        .section = "service",
        .key = "client-datagram-rate",
        .type = Type::kCount,
        .member = At<&ServiceConfig::client_datagram_rate>,
        .help = "Datagrams a second of one client address, and as many at once; 0: any number.",
        .range = {0, 1048576},
        .applies = kUdpOnly | kListenOnly,
        .since = "0.2",
        .counted_in = "client_datagrams_over_rate",
    },
    {
        .section = "service",
        .key = "client-byte-rate",
        .type = Type::kSize,
        .member = At<&ServiceConfig::client_byte_rate_bytes>,
        .help = "Bytes a second that one client address sends, and as many at once, 64KiB at "
                "least; 0B: any number. Datagrams beyond it are dropped, connections are read "
                "more slowly, those of one client by turns.",
        .range = {0, 4096 * kMi},
        .applies = kListenOnly,
        .since = "0.2",
        .counted_in = "client_bytes_over_rate",
    },
    // Off like those, and for the same reason: behind one peer there may be a house or a country.
    {
        .section = "service",
        .key = "max-sessions-per-peer",
        .type = Type::kCount,
        .member = At<&ServiceConfig::max_sessions_per_peer>,
        .help = "Connections at once of one far end; 0: as many as max-sessions.",
        .range = {0, 1048576},
        .applies = kTcpOnly | kConnectOnly,
        .since = "0.2",
        .counted_in = "peer_sessions_over_limit",
    },
    {
        .section = "service",
        .key = "peer-new-rate",
        .type = Type::kCount,
        .member = At<&ServiceConfig::peer_new_rate>,
        .help = "New connections or flows a second of one far end, and as many at once; 0: any "
                "number.",
        .range = {0, 1048576},
        .applies = kConnectOnly,
        .since = "0.2",
        .counted_in = "peer_news_over_rate",
    },
    {
        .section = "service",
        .key = "peer-datagram-rate",
        .type = Type::kCount,
        .member = At<&ServiceConfig::peer_datagram_rate>,
        .help = "Datagrams a second of one far end, and as many at once; 0: any number.",
        .range = {0, 1048576},
        .applies = kUdpOnly | kConnectOnly,
        .since = "0.2",
        .counted_in = "peer_datagrams_over_rate",
    },
    {
        .section = "service",
        .key = "peer-byte-rate",
        .type = Type::kSize,
        .member = At<&ServiceConfig::peer_byte_rate_bytes>,
        .help = "Bytes a second that one far end sends, and as many at once, 64KiB at least; 0B: "
                "any number. Datagrams beyond it are dropped, of connections the backend gets them "
                "later, those of one far end by turns. A connection that has no turn within "
                "stuck-timeout is reset.",
        .range = {0, 4096 * kMi},
        .applies = kConnectOnly,
        .since = "0.2",
        .counted_in = "peer_bytes_over_rate",
    },
    // 16384 need some 4 MB, and are as many as a /18 has.
    {
        .section = "service",
        .key = "rate-table",
        .type = Type::kCount,
        .member = At<&ServiceConfig::rate_table>,
        .help = "Client addresses, or far ends, whose rates are known at once; beyond it the one "
                "that has been quiet longest begins anew.",
        .range = {64, 1048576},
        .since = "0.2",
        .counted_in = "rates_forgotten",
    },
};

}  // namespace

std::span<const KeyRow> ClientKeys() { return kClientRows; }

}  // namespace funnel::config
