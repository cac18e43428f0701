// [control] of funnel.conf. An administrator has a handful of terminals open, not more; the limits
// keep a script that went wrong from taking an edge's descriptors and memory.
#include "common/config/keys/keys.h"

namespace funnel::config {
namespace {

template <auto kMember>
constexpr auto Control = At<&NodeConfig::control, kMember>;

constexpr KeyRow kControlRows[] = {
    Limit("clients_rejected", {"control",
                               "clients",
                               Type::kCount,
                               Control<&ControlConfig::clients>,
                               "Connections that funnelctl may have to one edge at once.",
                               {4, 1024}}),
    Limit("commands_denied or requests_denied",
          {"control",
           "commands",
           Type::kCount,
           Control<&ControlConfig::commands>,
           "Commands of one connection that are not answered yet.",
           {1, 256}}),
    {"control",
     "sessions-shown",
     Type::kCount,
     Control<&ControlConfig::sessions_shown>,
     "Sessions that one edge lists; the rest is counted.",
     {1, 10000}},
    Limit("trace_lines_lost",
          {"control",
           "trace-queue",
           Type::kSize,
           Control<&ControlConfig::trace_queue_bytes>,
           "Lines of a trace that wait for a slow reader; beyond it lines are lost and counted.",
           {16 * 1024, 2 * 1024 * 1024}}),
    {"control",
     "ping-timeout",
     Type::kTime,
     Control<&ControlConfig::ping_timeout>,
     "How long the answer to one ping is waited for.",
     {100, 60 * 1000}},
};

}  // namespace

std::span<const KeyRow> ControlKeys() { return kControlRows; }

}  // namespace funnel::config
