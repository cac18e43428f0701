#include <array>

#include "funnelctl/command.h"

namespace funnel::ctl {
namespace {

constexpr std::array<Command, 3> kCommands{{
    {"status", "what runs here: peers, services, channels, principals, refusals, counters",
     RunStatus},
    {"check", "reads all configuration and tells every mistake with its file and line", RunCheck},
    {"help-config", "every key of the configuration, with syntax, default and range",
     RunHelpConfig},
}};

}  // namespace

std::span<const Command> Commands() { return kCommands; }

}  // namespace funnel::ctl
