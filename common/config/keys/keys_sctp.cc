// The keys of [sctp] of funnel.conf about SCTP itself. Above each group: why its defaults are what
// they are.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

constexpr KeyRow kEngineRows[] = {
    {
        .section = "sctp",
        .key = "engine",
        .type = Type::kEngine,
        .member = Sctp<&SctpConfig::engine>,
        .help = "Which SCTP stack; auto: the kernel's where that does all, else own.",
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "listen",
        .type = Type::kIpAddress,
        .member = Sctp<&SctpConfig::listen>,
        .help = "Addresses of this node.",
        .need = Need::kList,
        .computed_default = "all",
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "udp",
        .type = Type::kBool,
        .member = Sctp<&SctpConfig::udp>,
        .help = "Whether SCTP in UDP (RFC 6951) is used.",
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "udp-port",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::udp_port>,
        .help = "UDP port of this node, and the default of its peers'.",
        .range = {1, 65535},
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "sctp-port",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::sctp_port>,
        .help = "SCTP port of this node, and the default of its peers'.",
        .range = {1, 65535},
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "accept",
        .type = Type::kBool,
        .member = Sctp<&SctpConfig::accept>,
        .help = "Whether peers may connect to us.",
        .applied = Applied::kRestart,
    },

    // RFC 9260's timers are meant for bulk: with its minimum of 1 s, a single request that is lost
    // would wait for a second.
    {
        .section = "sctp",
        .key = "rto-min",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::rto_min>,
        .help = "Least retransmission timeout.",
        .range = {20, 10 * kSecond},
        .applied = Applied::kRestart,
        .not_above = "rto-initial",
    },
    {
        .section = "sctp",
        .key = "rto-initial",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::rto_initial>,
        .help = "Retransmission timeout before a round trip was measured.",
        .range = {20, kMinute},
        .applied = Applied::kRestart,
        .not_above = "rto-max",
    },
    {
        .section = "sctp",
        .key = "rto-max",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::rto_max>,
        .help = "Greatest retransmission timeout.",
        .range = {100, kMinute},
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "sack-delay",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::sack_delay>,
        .help = "How long an acknowledgement may wait.",
        .range = {10, 500},
        .applied = Applied::kRestart,
    },
    // At most 15 s, because NATs forget a UDP flow after 30. At most half of dead-peer-timeout, so
    // that one lost probe does not make a dead peer.
    {
        .section = "sctp",
        .key = "heartbeat",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::heartbeat>,
        .help = "Idle time after which the peer is probed.",
        .range = {100, 15 * kSecond},
        .applied = Applied::kRestart,
        .not_above = "dead-peer-timeout",
        .factor = 2,
    },
    {
        .section = "sctp",
        .key = "dead-peer-timeout",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::dead_peer_timeout>,
        .help = "Silence after which a peer counts as dead.",
        .range = {kSecond, 10 * kMinute},
        .applied = Applied::kRestart,
    },
    // On each path a probe is a packet of some 70 bytes.
    {
        .section = "sctp",
        .key = "path-probe",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::path_probe>,
        .help = "How often other paths to a peer are tried.",
        .range = {100, 10 * kMinute},
        .applied = Applied::kRestart,
    },
    // Three times rto-min: a lost packet whose copy is lost, too, does not make a dead path.
    {
        .section = "sctp",
        .key = "path-failover",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::path_failover>,
        .help = "Silence, with something sent, after which other paths are taken.",
        .range = {50, kMinute},
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "send-buffer",
        .type = Type::kSize,
        .member = Sctp<&SctpConfig::send_buffer_bytes>,
        .help = "Send buffer of an association.",
        .range = {256 * kKi, 256 * kMi},
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "receive-buffer",
        .type = Type::kSize,
        .member = Sctp<&SctpConfig::receive_buffer_bytes>,
        .help = "Receive buffer of an association.",
        .range = {256 * kKi, 256 * kMi},
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "packet-size",
        .type = Type::kSize,
        .member = Sctp<&SctpConfig::packet_size_bytes>,
        .help = "Largest UDP payload; 1452 suits an MTU of 1500.",
        .range = {548, 60000},
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "streams",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::streams>,
        .help = "Stream pairs asked for.",
        .range = {64, 65535},
        .applied = Applied::kRestart,
    },
};

}  // namespace

std::span<const KeyRow> EngineKeys() { return kEngineRows; }

}  // namespace funnel::config
