// funnelctl: shows and controls a node.
#include <cstdio>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "funnelctl/command.h"

namespace funnel::ctl {
namespace {

std::string Description() {
  std::string out = "Asks and steers a node of Funnel.\n\nCommands:\n";
  for (const Command& command : Commands()) {
    std::string name(command.name);
    name.resize(13, ' ');
    out += "  " + name + std::string(command.help) + '\n';
  }
  return out + "\nfunnelctl COMMAND --help shows more about one of them.";
}

std::string ExitStatus(const Command& command) {
  std::string failed(command.exit_status);
  if (failed.empty()) failed = "it could not be done";
  std::string unknown(command.exit_unknown);
  if (!unknown.empty()) unknown += ", or ";
  return "Exit status: 0 all well; 1 " + failed + "; 2 " + unknown + "wrong usage.";
}

int RunCommand(const Command& command, int argc, const char* const* argv) {
  std::string name(command.name);
  std::string arguments = name;
  if (!command.arguments.empty()) arguments += ' ' + std::string(command.arguments);
  std::string description = name + ": " + std::string(command.help);
  if (!command.description.empty()) description += "\n\n" + std::string(command.description);
  std::string epilogue = ExitStatus(command);

  Usage usage{.program = "funnelctl",
              .arguments = arguments,
              .description = description,
              .min_arguments = 1 + command.min_arguments,
              .max_arguments = 1 + command.max_arguments,
              .accepts_json = command.json,
              .options = command.options,
              .epilogue = epilogue};

  auto options = ParseOptionsOrAnswer(usage, argc, argv);
  if (!options) return options.error();
  options->arguments.erase(options->arguments.begin());
  return command.run(*options);
}

// The options of all commands, so that they may come before the command that they belong to.
std::vector<OwnOption> AllOwnOptions() {
  std::vector<OwnOption> out;
  for (const Command& command : Commands())
    out.insert(out.end(), command.options.begin(), command.options.end());
  return out;
}

int Run(int argc, const char* const* argv) {
  const char* name = FirstArgument(argc, argv, AllOwnOptions());
  const Command* command = name == nullptr ? nullptr : FindCommand(name);
  if (command != nullptr) return RunCommand(*command, argc, argv);
  std::string description = Description();
  Usage usage{.program = "funnelctl",
              .arguments = "COMMAND",
              .description = description,
              .min_arguments = 1,
              .max_arguments = 1,
              .epilogue =
                  "Exit status: 0 all well; 1 something is wrong or could not be "
                  "done; 2 wrong usage."};

  if (name != nullptr) {
    std::fprintf(stderr, "funnelctl: unknown command %s\nTry funnelctl --help.\n",
                 EscapeForLog(name).c_str());
    return kExitUsage;
  }

  auto options = ParseOptionsOrAnswer(usage, argc, argv);
  return options ? kExitUsage : options.error();
}

}  // namespace
}  // namespace funnel::ctl

int main(int argc, char** argv) { return funnel::ctl::Run(argc, argv); }
