// peers.d/NAME.ini
#include "common/config/keys/keys.h"

namespace funnel::config {
namespace {

constexpr KeyRow kPeerRows[] = {
    {"peer",
     "node",
     Type::kNodeName,
     At<&PeerConfig::node>,
     "The peer's own name ([node] name over there).",
     {},
     Need::kRequired},
    {"peer",
     "principal",
     Type::kPrincipal,
     At<&PeerConfig::principal>,
     "Who the peer's funnel-authd is.",
     {},
     Need::kRequired},
    {"peer",
     "identity",
     Type::kPrincipal,
     At<&PeerConfig::identity>,
     "Who we are towards it.",
     {},
     Need::kOptional,
     kEverywhere,
     "funnel/NODE@ the realm of `principal`"},
    {"peer",
     "connect",
     Type::kHostPort,
     At<&PeerConfig::connect>,
     "Where to reach it; repeat for more. A name without port is asked for SRV records first.",
     {},
     Need::kList,
     kEverywhere,
     "it connects to us"},
    {"peer", "carrier", Type::kCarrier, At<&PeerConfig::carrier>,
     "Direct SCTP, SCTP in UDP, or the first of them that works."},
    {"peer", "when", Type::kWhen, At<&PeerConfig::when>,
     "Whether the association is kept up without need."},
    {"peer",
     "client-networks",
     Type::kNetwork,
     At<&PeerConfig::client_networks>,
     "Client addresses that this peer may claim towards our backends.",
     {},
     Need::kList,
     kEverywhere,
     "none of loopback or our own"},
};

}  // namespace

std::span<const KeyRow> PeerKeys() { return kPeerRows; }

}  // namespace funnel::config
