// The keys of [sctp] of funnel.conf about reaching peers, and about what strangers and slow peers
// may use. Above each group: why its defaults are what they are.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

constexpr KeyRow kAssociationRows[] = {
    {
        .section = "sctp",
        .key = "connect-timeout",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::connect_timeout>,
        .help = "Longest attempt to reach a peer.",
        .range = {kSecond, 5 * kMinute},
    },
    {
        .section = "sctp",
        .key = "attempt-delay",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::attempt_delay>,
        .help = "How long one address and carrier of a peer is tried before the next is tried in "
                "parallel.",
        .range = {10, kMinute},
    },
    // A firewall that drops direct SCTP does so for years. An association in UDP moves to direct by
    // itself where it can, so this matters only for new ones.
    {
        .section = "sctp",
        .key = "direct-retry",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::direct_retry>,
        .help =
            "When direct SCTP is tried again, after SCTP in UDP was needed; kept over restarts.",
        .range = {kSecond, kDay},
    },
    // One INIT a minute to a peer that is down; and where a better path is there again, no more
    // time on the spare one than a name's usual TTL.
    {
        .section = "sctp",
        .key = "return-interval",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::return_interval>,
        .help = "How often better addresses than the one in use are tried, while it stays in use.",
        .range = {kSecond, kDay},
    },
    // As long as a datagram lives by default: whoever waits for an answer has given up after that.
    {
        .section = "sctp",
        .key = "switch-idle",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::switch_idle>,
        .help = "How long an association without TCP sessions is silent before a better one "
                "replaces it.",
        .range = {100, 60 * kMinute},
    },
    {
        .section = "sctp",
        .key = "reconnect-min",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::reconnect_min>,
        .help = "First wait before another attempt; doubles.",
        .range = {10, kMinute},
        .applied = Applied::kRestart,
        .not_above = "reconnect-max",
    },
    {
        .section = "sctp",
        .key = "reconnect-max",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::reconnect_max>,
        .help = "Longest wait before another attempt.",
        .range = {100, 60 * kMinute},
        .applied = Applied::kRestart,
    },
    {
        .section = "sctp",
        .key = "idle-disconnect",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::idle_disconnect>,
        .help = "For when = on-demand: how long an association stays without channels.",
        .range = {kSecond, kDay},
    },

    // What strangers may use. An association that has not done more than say hello costs about 30
    // KiB.
    {
        .section = "sctp",
        .key = "max-associations",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::max_associations>,
        .help = "Associations in all.",
        .range = {1, 65535},
        .applied = Applied::kRestart,
        .counted_in = "sctp_strangers_limited",
    },
    {
        .section = "sctp",
        .key = "unverified-associations",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::unverified_associations>,
        .help =
            "Associations whose peer is not verified yet, in all; each adds 32 KiB to what they "
            "may make this node keep.",
        .range = {1, 65536},
        .applied = Applied::kRestart,
        .counted_in = "associations_limited or sctp_strangers_limited",
    },
    {
        .section = "sctp",
        .key = "unverified-per-address",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::unverified_per_address>,
        .help = "The same from one source address; one NAT may hide several nodes.",
        .range = {1, 4096},
        .applied = Applied::kRestart,
        .not_above = "unverified-associations",
        .counted_in = "associations_limited or sctp_strangers_limited",
    },
    {
        .section = "sctp",
        .key = "verify-timeout",
        .type = Type::kTime,
        .member = Sctp<&SctpConfig::verify_timeout>,
        .help = "How long a peer has to be verified; more than a handshake takes.",
        .range = {kSecond, 5 * kMinute},
    },
    {
        .section = "sctp",
        .key = "half-open-per-association",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::half_open_per_association>,
        .help = "Channels of one peer whose OPEN is not answered yet.",
        .range = {1, 4096},
        .not_above = "half-open-total",
        .counted_in = "opens_busy",
    },
    {
        .section = "sctp",
        .key = "half-open-total",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::half_open_total>,
        .help = "The same in all.",
        .range = {1, 65536},
        .counted_in = "opens_busy",
    },
    {
        .section = "sctp",
        .key = "channel-queue",
        .type = Type::kSize,
        .member = Sctp<&SctpConfig::channel_queue_bytes>,
        .help = "Bytes that wait for one edge or next hop; beyond it the channel closes.",
        .range = {kMi, 1024 * kMi},
        .counted_in = "channel_overflows",
    },
    // What slow next hops can make us keep: the queues of a dozen channels.
    {
        .section = "sctp",
        .key = "relay-queue",
        .type = Type::kSize,
        .member = Sctp<&SctpConfig::relay_queue_bytes>,
        .help = "Memory that waits in all relayed channels; beyond it the greediest peer's closes.",
        .range = {kMi, 4096 * kMi},
        .counted_in = "channel_overflows",
    },
    {
        .section = "sctp",
        .key = "control-clients",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::control_clients>,
        .help = "Edges and tools connected at once; one user has half of it at most.",
        .range = {16, 65536},
        .counted_in = "attach_rejected",
    },
    {
        .section = "sctp",
        .key = "refusals-kept",
        .type = Type::kCount,
        .member = Sctp<&SctpConfig::refusals_kept>,
        .help = "Refusals that status shows.",
        .range = {1, 64},
    },
};

}  // namespace

std::span<const KeyRow> AssociationKeys() { return kAssociationRows; }

}  // namespace funnel::config
