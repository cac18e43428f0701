// The keys of services.d/NAME.ini that only services with protocol = command have, and which others
// they cannot have.
#include <algorithm>
#include <iterator>

#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

constexpr KeyRow kCommandListenRows[] = {
    {
        .section = "listen",
        .key = "allow-users",
        .type = Type::kUser,
        .member = At<&ServiceConfig::allow_users>,
        .help = "A user who may run the command with funnel-run(1); repeat for more. Root always "
                "may.",
        .need = Need::kList,
        .applies = kCommandOnly,
        .computed_default = "nobody but root",
        .since = "0.2",
    },
    {
        .section = "listen",
        .key = "allow-groups",
        .type = Type::kUser,
        .member = At<&ServiceConfig::allow_groups>,
        .help = "A group whose members may run the command, too; repeat for more.",
        .need = Need::kList,
        .applies = kCommandOnly,
        .computed_default = "none",
        .since = "0.2",
    },
};

constexpr KeyRow kCommandConnectRows[] = {
    {
        .section = "connect",
        .key = "exec",
        .type = Type::kCommandLine,
        .member = At<&ServiceConfig::exec>,
        .help = "The command that each session starts, with its arguments: split as systemd splits "
                "ExecStart=, without a shell and without variables; %% is a percent sign. It runs "
                "with an environment of its own, which names the service, the peer, its principal "
                "and the user whom the peer names. Required with protocol = command.",
        .applies = kCommandOnly,
        .since = "0.2",
    },
    {
        .section = "connect",
        .key = "user",
        .type = Type::kUser,
        .member = At<&ServiceConfig::connect_user>,
        .help = "The user that the command runs as, User= of its unit. Required with protocol = "
                "command.",
        .applies = kCommandOnly,
        .since = "0.2",
        .applied = Applied::kSocketRestart,
    },
    {
        .section = "connect",
        .key = "group",
        .type = Type::kUser,
        .member = At<&ServiceConfig::connect_group>,
        .help = "The group that the command runs as, Group= of its unit.",
        .applies = kCommandOnly,
        .computed_default = "the user's own",
        .since = "0.2",
        .applied = Applied::kSocketRestart,
    },
    // Many programs do whatever their arguments say, so that whoever may add some may do anything
    // that the user may.
    {
        .section = "connect",
        .key = "arguments",
        .type = Type::kBool,
        .member = At<&ServiceConfig::connect_arguments>,
        .help = "Whether whoever runs the command may add arguments behind those of exec. Without "
                "it a client that has some is refused.",
        .applies = kCommandOnly,
        .since = "0.2",
    },
    // A terminal changes what is output: an end of a line becomes two bytes, and errors come with
    // it.
    {
        .section = "connect",
        .key = "terminal",
        .type = Type::kTerminal,
        .member = At<&ServiceConfig::terminal>,
        .help = "Whether the command gets a terminal of its own: never, or auto, where "
                "funnel-run(1) is run on one. Then its errors are part of its output.",
        .applies = kCommandOnly,
        .since = "0.2",
    },
    {
        .section = "connect",
        .key = "kill-after",
        .type = Type::kTime,
        .member = At<&ServiceConfig::kill_after>,
        .help = "How long the command has to end after SIGHUP, which it gets when whoever runs it "
                "has gone or the link is lost; then it gets SIGKILL. So long has its unit, too, "
                "when it is stopped. 0s: SIGKILL at once.",
        .range = {0, kHour},
        .applies = kCommandOnly,
        .since = "0.2",
    },
};

// What is about clients that have addresses, about backends, and about connections that are silent,
// as a flow of a command may be for as long as it lives.
constexpr std::string_view kNotForCommands[] = {
    "accept-proxy-from", "accept-proxy-wait", "accept-when",   "client-allow", "client-byte-rate",
    "client-networks",   "client-new-rate",   "client-table",  "fin-timeout",  "idle-timeout",
    "keepalive",         "listen-backlog",    "attempt-delay", "module",       "module-hold",
    "module-option",     "module-required",   "module-strict", "user-timeout",
};

}  // namespace

std::span<const KeyRow> CommandListenKeys() { return kCommandListenRows; }
std::span<const KeyRow> CommandConnectKeys() { return kCommandConnectRows; }

bool IsForCommands(const KeyRow& row) {
  if ((row.applies & kCommandOnly) != 0) return true;
  if ((row.applies & kUdpOnly) != 0) return false;
  if (row.section == "listen" || row.section == "connect") return false;
  return row.section != "service" ||
         std::ranges::find(kNotForCommands, row.key) == std::end(kNotForCommands);
}

}  // namespace funnel::config
