// The rows of the commands that run against daemons.
#include "funnelctl/command.h"

namespace funnel::ctl {
namespace {

constexpr OwnOption kPingOptions[] = {
    {"--count", "-c", "N", "how many, one a second (default 4)"},
};
constexpr OwnOption kDrainOptions[] = {
    {"--wait", "", "", "until no session is left"},
    {"--timeout", "", "TIME", "wait no longer than this, then exit with 1"},
};
constexpr OwnOption kReloadOptions[] = {
    {"--wait", "", "", "until it is done, and show the result"},
};
constexpr OwnOption kLogLevelOptions[] = {
    {"--for", "", "TIME", "for so long, e.g. 10m; then the configured level again"},
};

constexpr Command kLiveCommands[] = {
    {.name = "channels",
     .help = "every channel: principals, enctype, epoch, since when, round trip",
     .description = "CHANNEL is its name for `close` and `ping`: the service and the edge's own "
                    "number; of a relayed channel, which `close` takes by either side's, it is "
                    "funnel-sctpd's. A channel without one waits for its edge or was refused.",
     .exit_status = "a daemon did not answer",
     .run = RunChannels,
     .json = true},
    {.name = "sessions",
     .arguments = "[SERVICE]",
     .help = "flows and connections: client, backend, age, idle, bytes and queues",
     .description = "SESSION is its name for `reset`; a session that waits for a channel has none. "
                    "QUEUED is what waits to be sent, and what came and was not read yet. An edge "
                    "lists [control] sessions-shown of them and counts the rest.",
     .exit_status = "an edge did not answer",
     .run = RunSessions,
     .max_arguments = 1,
     .json = true},
    {.name = "backends",
     .arguments = "[SERVICE]",
     .help = "backends of connecting services: state, sessions, failures, checks",
     .description = "A backend is up; down, after [connect] down-after failures in a row; or "
                    "returning, from down-time on until it works. Where the service has [connect] "
                    "check, check-fall checks take it down, too, and check-rise bring it up; CHECK "
                    "is the last one's result. SINCE is how long it has been "
                    "so, for returning since it went down, and - for one that never was down.",
     .exit_status = "an edge did not answer, or SERVICE has its backends at the far end",
     .run = RunBackends,
     .max_arguments = 1,
     .json = true},
    {.name = "ping",
     .arguments = "SERVICE[/CHANNEL]",
     .help = "round trips inside the service's channel, from edge to edge",
     .description = "They are sealed as the service's traffic is, and take the same path.",
     .exit_status = "one was not answered, or there is no channel; the reason is shown",
     .run = RunPing,
     .min_arguments = 1,
     .max_arguments = 1,
     .json = true,
     .options = kPingOptions},
    {.name = "trace",
     .arguments = "SERVICE | funnel-sctpd [PEER]",
     .help = "frames and records of a service, or SCTP packets, as they go and come; no payload",
     .description = "A line has the time, service and channel, the direction (-> to the peer), the "
                    "type, and its numbers. Of funnel-sctpd it has the peer, and packets with "
                    "their chunks; the kernel's SCTP shows none. A reader that is too slow loses "
                    "lines, and sees how many. Until interrupted. With --json an object a line.",
     .exit_status = "the daemon did not answer, or ended",
     .run = RunTrace,
     .min_arguments = 1,
     .max_arguments = 2,
     .json = true},
    {.name = "forward",
     .arguments = "SERVICE [BIND:]PORT:HOST:PORT",
     .help = "listen here, and carry connections to HOST:PORT over a service with socks",
     .description =
         "As ssh -L does it, until interrupted: connections that there are then go on. Without "
         "BIND it listens at 127.0.0.1; `*`, or nothing before the colon, is every address, and an "
         "IPv6 address stands in brackets. With PORT 0 it takes a free one, and says which. The "
         "far end looks up HOST, and judges it as a target of SOCKS; where it does not connect, "
         "the connection here is reset. `sessions` shows forwards, too. The service is one with "
         "protocol = socks whose clients are here, and allows max-forwards at once. There are none "
         "for UDP.",
     .exit_status = "the port is in use, the edge refused it, or the edge has ended",
     .run = RunForward,
     .min_arguments = 2,
     .max_arguments = 2,
     .changes = true},
    {.name = "drain",
     .arguments = "SERVICE | all",
     .help = "take no new sessions; present ones go on until they end",
     .description =
         "Here a new TCP connection is reset at once, so that its client can go elsewhere, and "
         "datagrams of new UDP clients are dropped. The other end learns that the service is "
         "drained, and resets its client's connection. A UDP flow ends when it has been silent "
         "for idle-timeout. It holds until `resume`, or until the edge restarts.",
     .exit_status = "an edge did not answer, or sessions were left after --timeout",
     .run = RunDrain,
     .min_arguments = 1,
     .max_arguments = 1,
     .changes = true,
     .options = kDrainOptions},
    {.name = "resume",
     .arguments = "SERVICE | all",
     .help = "take new sessions again after drain",
     .exit_status = "an edge did not answer",
     .run = RunResume,
     .min_arguments = 1,
     .max_arguments = 1,
     .changes = true},
    {.name = "close",
     .arguments = "SERVICE[/CHANNEL]",
     .help = "end a channel in order, or all of a service",
     .description = "TCP connections in it are reset; UDP flows stay. The client side opens a new "
                    "channel at once, with a new handshake. What this node only relays is cut off "
                    "at both sides, with the reason that an administrator did it.",
     .exit_status = "there is no such channel, or the daemon did not answer",
     .run = RunClose,
     .min_arguments = 1,
     .max_arguments = 1,
     .changes = true},
    {.name = "reset",
     .arguments = "SERVICE/SESSION",
     .help = "end one session at both ends, as `sessions` names it",
     .exit_status = "there is no such session, or the edge did not answer",
     .run = RunReset,
     .min_arguments = 1,
     .max_arguments = 1,
     .changes = true},
    {.name = "reload",
     .arguments = "UNIT | all",
     .help = "read configuration and keytab again; sessions it does not touch go on",
     .description =
         "UNIT is a daemon, its unit, or a service. With --wait it shows what changed, every "
         "mistake with file and line, and what only a restart can change, with the command that "
         "does it. A broken configuration changes nothing.",
     .exit_status = "the configuration has mistakes, or a daemon did not answer",
     .run = RunReload,
     .min_arguments = 1,
     .max_arguments = 1,
     .json = true,
     .changes = true,
     .options = kReloadOptions},
    {.name = "log-level",
     .arguments = "DAEMON LEVEL",
     .help = "what a daemon logs: error, warning, notice, info or debug",
     .description = "DAEMON is a daemon, its unit, or a service. Without --for it holds until the "
                    "next reload or restart.",
     .exit_status = "the daemon did not answer",
     .run = RunLogLevel,
     .min_arguments = 2,
     .max_arguments = 2,
     .changes = true,
     .options = kLogLevelOptions},
};

}  // namespace

std::span<const Command> LiveCommands() { return kLiveCommands; }

}  // namespace funnel::ctl
