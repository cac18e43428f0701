// What [service] of services.d/NAME.ini has for datagrams. Above each group: why its defaults are
// what they are.
#include "common/config/keys/keys.h"

namespace funnel::config {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kKi = 1024;
constexpr std::int64_t kMi = 1024 * kKi;
// The wire carries a lifetime as 16 bits of milliseconds.
constexpr std::int64_t kMaxLifetime = 65535;

constexpr KeyRow kUdpRows[] = {
    // 16,384 flows leave headroom over the 10,000 we promise; a flow costs less than 4 KiB.
    {"service",
     "lifetime",
     Type::kTime,
     At<&ServiceConfig::lifetime>,
     "Age at which a datagram is dropped instead of delivered; 0s: never.",
     {0, kMaxLifetime},
     Need::kOptional,
     kUdpOnly},
    {"service",
     "suppress-resends",
     Type::kBool,
     At<&ServiceConfig::suppress_resends>,
     "Whether a client's identical resend is dropped while the first is on its way.",
     {},
     Need::kOptional,
     kUdpOnly},
    // Clients ask again after a second or more, when a copy that was lost is theirs to send anew.
    {"service",
     "resend-window",
     Type::kTime,
     At<&ServiceConfig::resend_window>,
     "How long a datagram counts as on its way for suppress-resends; four round trips where these "
     "take longer, and never longer than lifetime.",
     {10, kMaxLifetime},
     Need::kOptional,
     kUdpOnly | kListenOnly,
     {},
     "0.2"},
    {"service",
     "idle-timeout",
     Type::kTime,
     At<&ServiceConfig::idle_timeout>,
     "Idle time that ends a flow.",
     {kSecond, 24 * kHour},
     Need::kOptional,
     kUdpOnly},
    // Resolvers ask from a new port each time: at 1,000 a second, 10 s are 10,000 flows.
    {"service",
     "answered-timeout",
     Type::kTime,
     At<&ServiceConfig::answered_timeout>,
     "Idle time that ends a flow of one question and one answer.",
     {kSecond, 24 * kHour},
     Need::kOptional,
     kUdpOnly | kListenOnly,
     {},
     "0.2"},
    Limit("flows_over_limit", {"service",
                               "max-flows",
                               Type::kCount,
                               At<&ServiceConfig::max_flows>,
                               "Flows at once. Beyond it the least useful one makes room for a new "
                               "one: of the client that "
                               "asks, "
                               "if it has more than a quarter of them.",
                               {1, 1048576},
                               Need::kOptional,
                               kUdpOnly}),
    Limit("flows_over_limit", {"service",
                               "max-flows-per-client",
                               Type::kCount,
                               At<&ServiceConfig::max_flows_per_client>,
                               "Flows at once of one client: of an IPv4 address or an IPv6 network "
                               "of 64 bits. Beyond it the "
                               "least useful of its own makes room; 0: as many as max-flows.",
                               {0, 1048576},
                               Need::kOptional,
                               kUdpOnly | kListenOnly,
                               {},
                               "0.2"}),
    Limit("flows_over_limit",
          {"service",
           "max-flows-per-peer",
           Type::kCount,
           At<&ServiceConfig::max_flows_per_peer>,
           "Flows at once of one far end; beyond it the least useful of its own makes room. Where "
           "max-flows is reached, it is one of the far end that has most of them; 0: "
           "as many as max-flows.",
           {0, 1048576},
           Need::kOptional,
           kUdpOnly | kConnectOnly,
           {},
           "0.2"}),
    Limit("waiting_dropped",
          {"service",
           "queue-datagrams",
           Type::kCount,
           At<&ServiceConfig::queue_datagrams>,
           "Datagrams that wait for the channel; beyond it the oldest is dropped.",
           {1, 65536},
           Need::kOptional,
           kUdpOnly}),
    Limit("waiting_dropped",
          {"service",
           "queue-size",
           Type::kSize,
           At<&ServiceConfig::queue_bytes>,
           "Bytes of all datagrams that wait, for the channel or for the backend's address.",
           {64 * kKi, 1024 * kMi},
           Need::kOptional,
           kUdpOnly,
           {},
           "0.2"}),
    {"service",
     "resolve-interval",
     Type::kTime,
     At<&ServiceConfig::resolve_interval>,
     "How often a backend's name is looked up again while flows are in use.",
     {kSecond, kHour},
     Need::kOptional,
     kUdpOnly | kConnectOnly,
     {},
     "0.2"},
};

}  // namespace

std::span<const KeyRow> UdpKeys() { return kUdpRows; }

}  // namespace funnel::config
