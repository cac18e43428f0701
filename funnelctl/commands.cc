#include <vector>

#include "funnelctl/command.h"

namespace funnel::ctl {
namespace {

constexpr OwnOption kCheckOptions[] = {
    {"--service", "", "NAME", "only this service and what it refers to"},
    {"--root", "", "DIR", "the tree that --config and --defaults are below"},
    {"--modules", "", "DIR", "protocol modules"},
};
constexpr OwnOption kModulesOptions[] = {
    {"--modules", "", "DIR", "protocol modules"},
};
constexpr OwnOption kShowOptions[] = {
    {"--node", "", "", "funnel.conf"},
    {"--peer", "", "NAME", "a peer's file"},
};
constexpr OwnOption kMetricsOptions[] = {
    {"--http", "", "", "answer one HTTP request on stdin and stdout (inetd, Accept=yes)"},
    {"--list", "", "", "every metric there is, with its type, labels and meaning"},
};

constexpr OwnOption kTopOptions[] = {
    {"--once", "", "", "one interval's picture on stdout, for scripts"},
    {"--interval", "", "TIME", "time between two looks, 100ms to 1h (default 1s)"},
};

constexpr Command kCommands[] = {
    {.name = "status",
     .help = "what runs here: peers, services, channels, principals, refusals, counters",
     .description = "For monitoring, too: what needs attention is shown first.",
     .exit_status = "something needs attention",
     .run = RunStatus,
     .json = true,
     .exit_unknown = "funnel-sctpd or funnel-authd did not answer"},
    {.name = "check",
     .help = "reads all configuration and shows every mistake with its file and line",
     .description =
         "Warnings follow: files that nothing reads, and values that need something from "
         "outside. They do not make it fail.",
     .exit_status = "there are mistakes",
     .run = RunCheck,
     .json = true,
     .options = kCheckOptions},
    {.name = "services",
     .help = "every service: protocol, role, address, peer, sessions, state",
     .exit_status = "funnel-sctpd did not answer, or the configuration has mistakes",
     .run = RunServices,
     .json = true},
    {.name = "show",
     .arguments = "SERVICE | --node | --peer NAME",
     .help = "each key's value in effect, and where it was written",
     .exit_status = "there is no such service or peer, or the configuration has mistakes",
     .run = RunShow,
     .max_arguments = 1,
     .json = true,
     .options = kShowOptions},
    {.name = "peers",
     .help = "every peer: association, carrier, address, round trip, principal, reason",
     .exit_status = "a daemon did not answer, or the configuration has mistakes",
     .run = RunPeers,
     .json = true},
    {.name = "allowed",
     .arguments = "SERVICE PRINCIPAL",
     .help = "whether a principal is allowed, and by which line",
     .exit_status = "it is not, or the service or principal is not valid",
     .run = RunAllowed,
     .min_arguments = 2,
     .max_arguments = 2,
     .json = true},
    {.name = "top",
     .help = "live: rates, round trips, queues and drops of peers and services",
     .description = "Keys: q quits, s sorts by the next column, space looks now. With --json an "
                    "object a line for each interval, until interrupted.",
     .exit_status = "this is no terminal, and there is neither --once nor --json",
     .run = RunTop,
     .json = true,
     .options = kTopOptions},
    {.name = "doctor",
     .help = "checks all that a node needs, one line each: ok, or what to do",
     .description =
         "For root. Looks at configuration, folders, daemons, units, ports, the kernel, MTU, "
         "keytabs and names, and gets tickets from the KDC as funnel-authd would. A check that "
         "does not end in time is abandoned.",
     .exit_status = "something is wrong",
     .run = RunDoctor,
     .json = true},
    {.name = "metrics",
     .help = "the counters of all daemons, as Prometheus reads them",
     .exit_status = "the counters cannot be read, or the client went away",
     .run = RunMetrics,
     .json = true,
     .options = kMetricsOptions},
    {.name = "modules",
     .help = "protocol modules that are installed, with their options",
     .description = "Loads each; why one cannot be used is said below it.",
     .exit_status = "one cannot be used, or the folder cannot be read",
     .run = RunModules,
     .json = true,
     .options = kModulesOptions},
    {.name = "help-config",
     .help = "every key of the configuration, with syntax, default and range",
     .run = RunHelpConfig,
     .json = true},
};

}  // namespace

std::span<const Command> Commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> out(std::begin(kCommands), std::end(kCommands));
    out.insert(out.end(), LiveCommands().begin(), LiveCommands().end());
    return out;
  }();
  return all;
}

const Command* FindCommand(std::string_view name) {
  for (const Command& command : Commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

}  // namespace funnel::ctl
