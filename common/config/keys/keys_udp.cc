// The keys of [service] of services.d/NAME.ini about datagrams. Above each group: why its defaults
// are what they are.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

// On the wire a lifetime has 16 bits, in milliseconds.
constexpr std::int64_t kMaxLifetime = 65535;

constexpr KeyRow kUdpRows[] = {
    // 16,384 flows leave headroom over the 10,000 we promise; a flow costs less than 4 KiB.
    {
        .section = "service",
        .key = "lifetime",
        .type = Type::kTime,
        .member = At<&ServiceConfig::lifetime>,
        .help = "Age at which a datagram is dropped instead of delivered; 0s: never.",
        .range = {0, kMaxLifetime},
        .applies = kUdpOnly,
    },
    {
        .section = "service",
        .key = "suppress-resends",
        .type = Type::kBool,
        .member = At<&ServiceConfig::suppress_resends>,
        .help = "Whether a client's identical resend is dropped while the first is on its way.",
        .applies = kUdpOnly,
    },
    // Clients ask again after a second or more. Where the copy was lost, sending it again is their
    // task.
    {
        .section = "service",
        .key = "resend-window",
        .type = Type::kTime,
        .member = At<&ServiceConfig::resend_window>,
        .help = "How long suppress-resends takes a datagram to be on its way; four round trips if "
                "these take longer, and never longer than lifetime.",
        .range = {10, kMaxLifetime},
        .applies = kUdpOnly | kListenOnly,
        .since = "0.2",
    },
    // Resolvers use a new port for each question: at 1,000 a second, 10 s are 10,000 flows.
    {
        .section = "service",
        .key = "answered-timeout",
        .type = Type::kTime,
        .member = At<&ServiceConfig::answered_timeout>,
        .help = "Idle time that ends a flow with one question and one answer.",
        .range = {kSecond, 24 * kHour},
        .applies = kUdpOnly | kListenOnly,
        .since = "0.2",
    },
    {
        .section = "service",
        .key = "max-flows",
        .type = Type::kCount,
        .member = At<&ServiceConfig::max_flows>,
        .help = "Flows at once. Beyond it the least useful flow ends when a new one comes; it is "
                "one of the same client's, if that has more than a quarter of them.",
        .range = {1, 1048576},
        .applies = kUdpOnly,
        .counted_in = "flows_over_limit",
    },
    {
        .section = "service",
        .key = "max-flows-per-client",
        .type = Type::kCount,
        .member = At<&ServiceConfig::max_flows_per_client>,
        .help =
            "Flows at once of one client, which is an IPv4 address or an IPv6 network of 64 bits. "
            "Beyond it the least useful flow of that client ends; 0: as many as max-flows.",
        .range = {0, 1048576},
        .applies = kUdpOnly | kListenOnly,
        .since = "0.2",
        .counted_in = "flows_over_limit",
    },
    {
        .section = "service",
        .key = "max-flows-per-peer",
        .type = Type::kCount,
        .member = At<&ServiceConfig::max_flows_per_peer>,
        .help = "Flows at once of one far end; beyond it the least useful flow of that far end "
                "ends. When max-flows is reached, it is one of the far end that has most flows; 0: "
                "as many as max-flows.",
        .range = {0, 1048576},
        .applies = kUdpOnly | kConnectOnly,
        .since = "0.2",
        .counted_in = "flows_over_limit",
    },
    {
        .section = "service",
        .key = "queue-datagrams",
        .type = Type::kCount,
        .member = At<&ServiceConfig::queue_datagrams>,
        .help = "Datagrams that wait for the channel; beyond it the oldest is dropped.",
        .range = {1, 65536},
        .applies = kUdpOnly,
        .counted_in = "waiting_dropped",
    },
    {
        .section = "service",
        .key = "queue-size",
        .type = Type::kSize,
        .member = At<&ServiceConfig::queue_size_bytes>,
        .help = "Bytes of all datagrams that wait, for the channel or for the backend's address.",
        .range = {64 * kKi, 1024 * kMi},
        .applies = kUdpOnly,
        .since = "0.2",
        .counted_in = "waiting_dropped",
    },
    {
        .section = "service",
        .key = "resolve-interval",
        .type = Type::kTime,
        .member = At<&ServiceConfig::resolve_interval>,
        .help = "How often a backend's name is looked up again while flows are in use.",
        .range = {kSecond, kHour},
        .applies = kUdpOnly | kConnectOnly,
        .since = "0.2",
    },
    // A mark asks the routers of this network for something at others' expense: whether what a far
    // network's clients ask for is granted is for this network's administrator to say.
    {
        .section = "service",
        .key = "dscp",
        .type = Type::kDscp,
        .member = At<&ServiceConfig::dscp>,
        .help = "How the packets that leave here are marked, those to clients or those to the "
                "backend: copy gives each the DSCP of the packet in which the far side got its "
                "datagram, a number or name (EF, AF11 to AF43, CS0 to CS7, VOICE-ADMIT, LE) is for "
                "all of them. Version 0.1 does not tell its far side.",
        .applies = kUdpOnly,
        .since = "0.2",
    },
    // What Linux does by itself: what fits the path is never cut, and what does not arrives all the
    // same. With anywhere a forged ICMP makes nothing smaller, as name servers like it.
    {
        .section = "service",
        .key = "fragment",
        .type = Type::kFragment,
        .member = At<&ServiceConfig::fragment>,
        .help = "Where a datagram that leaves here may be cut if it is larger than the path to the "
                "client or to the backend takes. here: by this machine, once ICMP has told it what "
                "the path takes; until then it is lost, for packets leave with DF. anywhere: by "
                "routers too, so without DF, and ICMP is not believed. never: it leaves whole and "
                "with DF, or not at all.",
        .applies = kUdpOnly,
        .since = "0.2",
    },
};

}  // namespace

std::span<const KeyRow> UdpKeys() { return kUdpRows; }

}  // namespace funnel::config
