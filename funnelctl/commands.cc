#include "funnelctl/command.h"

namespace funnel::ctl {
namespace {

constexpr Command kCommands[] = {
    {.name = "status",
     .help = "what runs here: peers, services, channels, principals, refusals, counters",
     .exit_status = "funnel-sctpd or funnel-authd did not answer",
     .run = RunStatus,
     .json = true},
    {.name = "check",
     .help = "reads all configuration and tells every mistake with its file and line",
     .exit_status = "there are mistakes",
     .run = RunCheck,
     .json = true},
    {.name = "help-config",
     .help = "every key of the configuration, with syntax, default and range",
     .run = RunHelpConfig},
};

}  // namespace

std::span<const Command> Commands() { return kCommands; }

const Command* FindCommand(std::string_view name) {
  for (const Command& command : Commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

}  // namespace funnel::ctl
