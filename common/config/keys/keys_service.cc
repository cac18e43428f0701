// services.d/NAME.ini, except for what is about single clients (keys_clients.cc), about backends
// (keys_connect.cc), and what only connections (keys_tcp.cc) or datagrams (keys_udp.cc) need.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

constexpr KeyRow kServiceRows[] = {
    {
        .section = "service",
        .key = "protocol",
        .type = Type::kProtocol,
        .member = At<&ServiceConfig::protocol>,
        .help = "What is carried: datagrams (udp), connections (tcp), or connections to what each "
                "client names by SOCKS5 and the far end allows (socks). Version 0.1 has no socks.",
        .need = Need::kRequired,
        .applied = Applied::kSocketRestart,
    },
    {
        .section = "service",
        .key = "peer",
        .type = Type::kPeerName,
        .member = At<&ServiceConfig::peer>,
        .help =
            "With [listen]: the next hop. With [connect]: the only peer that may open the service.",
        .computed_default = "with [connect]: any peer",
        .applied = Applied::kRestart,
    },
    {
        .section = "service",
        .key = "target",
        .type = Type::kNodeName,
        .member = At<&ServiceConfig::target>,
        .help = "The node at the far end.",
        .applies = kListenOnly,
        .computed_default = "the peer's node",
    },
    {
        .section = "service",
        .key = "wire-name",
        .type = Type::kLabel,
        .member = At<&ServiceConfig::wire_name>,
        .help = "What the service is called between the nodes; observers see it.",
        .computed_default = "the file's name",
    },
    {
        .section = "service",
        .key = "stream",
        .type = Type::kStream,
        .member = At<&ServiceConfig::stream>,
        .help = "Pins the channel to this stream; several channels use it and those that follow.",
        .applies = kListenOnly,
        .computed_default = "the next free one",
    },
    {
        .section = "service",
        .key = "edge-user",
        .type = Type::kUser,
        .member = At<&ServiceConfig::edge_user>,
        .help = "The user that is recognised as this service's edge, and the User= of its unit.",
        .computed_default = "funnel-u-NAME (udp), otherwise funnel-t-NAME",
        .applied = Applied::kUnitRestart,
    },
    {
        .section = "service",
        .key = "channels",
        .type = Type::kCount,
        .member = At<&ServiceConfig::channels>,
        .help = "Stream pairs, each with a key of its own.",
        .range = {1, 32},
        .applies = kListenOnly,
        .applied = Applied::kRestart,
    },
    {
        .section = "service",
        .key = "priority",
        .type = Type::kCount,
        .member = At<&ServiceConfig::priority>,
        .help = "What waits for the same peer is sent in this order, 0 first. A lower number can "
                "starve a higher one.",
        .range = {0, 7},
    },
    {
        .section = "service",
        .key = "weight",
        .type = Type::kCount,
        .member = At<&ServiceConfig::weight>,
        .help = "Among services of one priority: the share of what is sent.",
        .range = {1, 100},
    },
    // A loss is noticed a round trip later at the earliest, when a copy would have arrived already.
    // It doubles the packets, so it is off.
    {
        .section = "service",
        .key = "copies",
        .type = Type::kCount,
        .member = At<&ServiceConfig::copies>,
        .help = "With 2, what fits one packet is sent twice, the second time 5 ms later: a lost "
                "packet costs no round trip, and each takes two. Of what this node sends, with "
                "engine own.",
        .range = {1, 2},
    },
    {
        .section = "service",
        .key = "connect-wait",
        .type = Type::kTime,
        .member = At<&ServiceConfig::connect_wait>,
        .help = "How long a new session waits for the channel to be up.",
        .range = {0, 5 * kMinute},
        .applies = kListenOnly,
    },
    {
        .section = "service",
        .key = "retry-min",
        .type = Type::kTime,
        .member = At<&ServiceConfig::retry_min>,
        .help = "How long to wait at first after a refusal; doubles.",
        .range = {100, kMinute},
        .applies = kListenOnly,
        .not_above = "retry-max",
    },
    {
        .section = "service",
        .key = "retry-max",
        .type = Type::kTime,
        .member = At<&ServiceConfig::retry_max>,
        .help = "How long to wait at most.",
        .range = {kSecond, kHour},
        .applies = kListenOnly,
    },
    // Never, by default: if the channel stays up, the first request in the morning is as fast as
    // any other, and an expired key or a lost route shows when it happens, not when somebody needs
    // the service.
    {
        .section = "service",
        .key = "idle-exit",
        .type = Type::kTime,
        .member = At<&ServiceConfig::idle_exit>,
        .help = "How long the daemon runs without a connection or flow and, with [connect], "
                "without a channel. Then it closes its channel and ends; a new client or channel "
                "starts it again. 0s: it never ends.",
        .range = {0, 24 * kHour},
        .computed_default = "0s; 5m with [listen] and a peer that is on-demand",
    },
    // Far below what the ciphers can bear (funnel-protocol(7), SUITES). Smaller values cost
    // handshakes; larger ones are not allowed.
    {
        .section = "service",
        .key = "key-frames",
        .type = Type::kCount,
        .member = At<&ServiceConfig::key_frames>,
        .help = "Frames that one key of a channel may seal, both ways together. A new key is "
                "agreed on at half of it; the channel ends where that fails until it is reached.",
        .range = {kKi, std::int64_t{1} << 33},
        .since = "0.2",
        .counted_in = "keys_worn_out",
    },
    {
        .section = "service",
        .key = "key-volume",
        .type = Type::kSize,
        .member = At<&ServiceConfig::key_volume_bytes>,
        .help = "The same in bytes.",
        .range = {kMi, 128 * kKi* kMi},
        .since = "0.2",
        .counted_in = "keys_worn_out",
    },
    {
        .section = "service",
        .key = "key-log",
        .type = Type::kSize,
        .member = At<&ServiceConfig::key_log_bytes>,
        .help = "For finding faults: the keys of this service's channels are written to "
                "/run/funnel/edge/NAME/keys.log until it has this size, and whoever reads it reads "
                "and forges what the service carries. Keys of suite 1 are not. 0B: none are.",
        .range = {0, 16 * kMi},
        .since = "0.2",
        .counted_in = "keys_not_logged",
    },
    {
        .section = "service",
        .key = "client-networks",
        .type = Type::kNetwork,
        .member = At<&ServiceConfig::client_networks>,
        .help = "Client addresses that the far side may state to the backend.",
        .need = Need::kList,
        .applies = kConnectOnly,
        .computed_default = "those of the peer",
    },
};

constexpr KeyRow kListenRows[] = {
    {
        .section = "listen",
        .key = "address",
        .type = Type::kLiteralPort,
        .member = At<&ServiceConfig::listen_address>,
        .help = "Where clients reach the service; repeat for more.",
        .need = Need::kList,
        .applied = Applied::kSocketRestart,
    },
    {
        .section = "listen",
        .key = "multicast",
        .type = Type::kGroup,
        .member = At<&ServiceConfig::listen_multicast>,
        .help = "A group whose datagrams are taken, too, on a port of address that is bound to all "
                "addresses, or to the group's own; repeat for more. Behind it %INTERFACE says "
                "where, as in ff02::fb%eth0; otherwise the routes do. Answers leave from the "
                "interface's own address.",
        .need = Need::kList,
        .applies = kUdpOnly,
        .computed_default = "none",
        .since = "0.2",
    },
};

constexpr KeyRow kOtherRows[] = {
    {
        .section = "relay",
        .key = "from",
        .type = Type::kPeerName,
        .member = At<&ServiceConfig::relay_from>,
        .help = "Peers that may open the service here.",
        .need = Need::kList,
    },
    {
        .section = "relay",
        .key = "to",
        .type = Type::kPeerName,
        .member = At<&ServiceConfig::relay_to>,
        .help = "The next hop.",
        .need = Need::kRequired,
    },
    {
        .section = "relay",
        .key = "target",
        .type = Type::kNodeName,
        .member = At<&ServiceConfig::target>,
        .help = "Only what is for this node is passed on.",
        .computed_default = "for any node but this one",
    },

    {
        .section = "security",
        .key = "identity",
        .type = Type::kPrincipal,
        .member = At<&ServiceConfig::identity>,
        .help = "Who we are in this service.",
        .need = Need::kRequired,
    },
    {
        .section = "security",
        .key = "expect",
        .type = Type::kPrincipal,
        .member = At<&ServiceConfig::expect>,
        .help = "Who the far end must be; required with [listen].",
        .applies = kListenOnly,
    },
    {
        .section = "security",
        .key = "accept",
        .type = Type::kPattern,
        .member = At<&ServiceConfig::accept>,
        .help = "Who may use the service; repeat for more.",
        .need = Need::kList,
        .applies = kConnectOnly,
        .computed_default = "nobody",
    },
    {
        .section = "security",
        .key = "suites",
        .type = Type::kSuites,
        .member = At<&ServiceConfig::suites>,
        .help = "How channels are sealed, best first; the acceptor takes the first of its own that "
                "both ends have. 2: AES-256-GCM, 4: ChaCha20-Poly1305, both under keys that nobody "
                "can find out later from a recording and a keytab (X25519); 3 and 5: the same with "
                "ML-KEM-768 with X25519, from OpenSSL 3.5 on; 1: RFC 4121 tokens, which is all "
                "that nodes of version 0.1 have.",
        .computed_default = "all that this machine has, the quickest first and 1 last",
        .since = "0.2",
    },
};

}  // namespace

std::span<const KeyRow> ServiceKeys() {
  static const std::vector<KeyRow> rows =
      Joined({kServiceRows, ClientKeys(), ModuleKeys(), TcpKeys(), UdpKeys(), kListenRows,
              CommandListenKeys(), ConnectKeys(), CommandConnectKeys(), kOtherRows});
  return rows;
}

}  // namespace funnel::config
