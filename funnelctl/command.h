// A command of funnelctl. Each has a file of its own and a row in commands.cc, from which the
// command line is read and `funnelctl COMMAND --help` is made.
#pragma once

#include <span>
#include <string_view>

#include "common/base/options.h"

namespace funnel::ctl {

// The exit statuses of funnelctl.
inline constexpr int kExitOk = 0;
// Mistakes were found; a daemon did not answer, or did not do what it was asked.
inline constexpr int kExitFailed = 1;
// Of a command that monitoring runs: no daemon could be asked, so nothing is known.
inline constexpr int kExitUnknown = 2;

struct Command {
  std::string_view name;
  std::string_view arguments;    // as the help shows them: "[SERVICE]"; empty: none
  std::string_view help;         // one line for the list of commands
  std::string_view description;  // what `--help` says in addition; may be empty
  std::string_view exit_status;  // what 1 means for this command, if that needs more words; may be
                                 // empty
  // OPTIONS.arguments are those after the command's name; their number is right.
  int (*run)(const Options& options);
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;
  bool json = false;
  bool changes = false;  // it changes something; all others only read, and have JSON
  std::span<const OwnOption> options = {};
  // What 2 means, other than wrong usage; may be empty.
  std::string_view exit_unknown = {};
};

// In the order in which help lists them.
[[nodiscard]] std::span<const Command> Commands();
// The part of them that runs against daemons (live_commands.cc).
[[nodiscard]] std::span<const Command> LiveCommands();
[[nodiscard]] const Command* FindCommand(std::string_view name);

int RunAllowed(const Options& options);     // allowed.cc
int RunChannels(const Options& options);    // channels.cc
int RunCheck(const Options& options);       // check.cc
int RunClose(const Options& options);       // close.cc
int RunDoctor(const Options& options);      // doctor/doctor.cc
int RunDrain(const Options& options);       // drain.cc
int RunForward(const Options& options);     // forward.cc
int RunHelpConfig(const Options& options);  // help_config.cc
int RunLogLevel(const Options& options);    // log_level.cc
int RunMetrics(const Options& options);     // metrics.cc
int RunModules(const Options& options);     // modules.cc
int RunPeers(const Options& options);       // peers.cc
int RunPing(const Options& options);        // ping.cc
int RunReload(const Options& options);      // reload.cc
int RunReset(const Options& options);       // close.cc
int RunResume(const Options& options);      // drain.cc
int RunServices(const Options& options);    // services.cc
int RunBackends(const Options& options);    // backends.cc
int RunSessions(const Options& options);    // sessions.cc
int RunShow(const Options& options);        // show.cc
int RunStatus(const Options& options);      // status.cc
int RunTop(const Options& options);         // top/top.cc
int RunTrace(const Options& options);       // trace.cc

}  // namespace funnel::ctl
