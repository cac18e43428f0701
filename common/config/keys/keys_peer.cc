// peers.d/NAME.ini
#include "common/config/keys/keys.h"

namespace funnel::config {
namespace {

constexpr KeyRow kPeerRows[] = {
    {
        .section = "peer",
        .key = "node",
        .type = Type::kNodeName,
        .member = At<&PeerConfig::node>,
        .help = "The peer's own name: [node] name in its funnel.conf.",
        .need = Need::kRequired,
    },
    {
        .section = "peer",
        .key = "principal",
        .type = Type::kPrincipal,
        .member = At<&PeerConfig::principal>,
        .help = "Who the peer's funnel-authd is.",
        .need = Need::kRequired,
    },
    {
        .section = "peer",
        .key = "identity",
        .type = Type::kPrincipal,
        .member = At<&PeerConfig::identity>,
        .help = "Who we are towards it.",
        .computed_default = "funnel/NODE@ the realm of `principal`",
    },
    {
        .section = "peer",
        .key = "connect",
        .type = Type::kHostPort,
        .member = At<&PeerConfig::connect>,
        .help =
            "Where to reach it; repeat for more. A name without port is looked up as SRV first.",
        .need = Need::kList,
        .computed_default = "it connects to us",
    },
    {
        .section = "peer",
        .key = "carrier",
        .type = Type::kCarrier,
        .member = At<&PeerConfig::carrier>,
        .help = "Direct SCTP, SCTP in UDP, or the first of them that works.",
    },
    {
        .section = "peer",
        .key = "when",
        .type = Type::kWhen,
        .member = At<&PeerConfig::when>,
        .help = "Whether the association is kept up while no channel needs it.",
    },
    {
        .section = "peer",
        .key = "client-networks",
        .type = Type::kNetwork,
        .member = At<&PeerConfig::client_networks>,
        .help = "Client addresses that this peer may claim towards our backends.",
        .need = Need::kList,
        .computed_default = "any but loopback and this node's own",
    },
};

}  // namespace

std::span<const KeyRow> PeerKeys() { return kPeerRows; }

}  // namespace funnel::config
