// [control] of funnel.conf. An administrator has a handful of terminals open, not more; the limits
// keep a faulty script from taking all descriptors and memory of an edge.
#include "common/config/keys/keys.h"

namespace funnel::config {
namespace {

template <auto kMember>
constexpr auto Control = At<&NodeConfig::control, kMember>;

constexpr KeyRow kControlRows[] = {
    {
        .section = "control",
        .key = "clients",
        .type = Type::kCount,
        .member = Control<&ControlConfig::clients>,
        .help = "Connections that funnelctl may have to one edge at once.",
        .range = {4, 1024},
        .counted_in = "clients_rejected",
    },
    {
        .section = "control",
        .key = "commands",
        .type = Type::kCount,
        .member = Control<&ControlConfig::commands>,
        .help = "Commands of one connection that are not answered yet.",
        .range = {1, 256},
        .counted_in = "commands_denied or requests_denied",
    },
    {
        .section = "control",
        .key = "sessions-shown",
        .type = Type::kCount,
        .member = Control<&ControlConfig::sessions_shown>,
        .help = "Sessions that one edge lists; the rest is counted.",
        .range = {1, 10000},
    },
    {
        .section = "control",
        .key = "trace-queue",
        .type = Type::kSize,
        .member = Control<&ControlConfig::trace_queue_bytes>,
        .help =
            "Lines of a trace that wait for a slow reader; beyond it lines are lost and counted.",
        .range = {16 * 1024, 2 * 1024 * 1024},
        .counted_in = "trace_lines_lost",
    },
    {
        .section = "control",
        .key = "ping-timeout",
        .type = Type::kTime,
        .member = Control<&ControlConfig::ping_timeout>,
        .help = "How long the answer to one ping is waited for.",
        .range = {100, 60 * 1000},
    },
};

}  // namespace

std::span<const KeyRow> ControlKeys() { return kControlRows; }

}  // namespace funnel::config
