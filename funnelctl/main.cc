// funnelctl: what an administrator asks a node with.
#include <cstdio>
#include <string>

#include "funnelctl/command.h"

namespace funnel::ctl {
namespace {

std::string Description() {
  std::string out = "Asks a node of Funnel.\n\nCommands:\n";
  for (const Command& command : Commands()) {
    std::string name(command.name);
    name.resize(13, ' ');
    out += "  " + name + std::string(command.help) + '\n';
  }
  return out +
         "\nExit status: 0 all well; 1 mistakes were found, or a daemon did not answer; 2 wrong "
         "usage.";
}

int Run(int argc, const char* const* argv) {
  std::string description = Description();
  config::Usage usage{.program = "funnelctl",
                      .arguments = "COMMAND",
                      .description = description,
                      .min_arguments = 1,
                      .max_arguments = 1,
                      .accepts_json = true};
  auto options = config::ParseOptionsOrAnswer(usage, argc, argv);
  if (!options) return options.error();
  for (const Command& command : Commands()) {
    if (command.name == options->arguments.front()) return command.run(*options);
  }
  std::fprintf(stderr, "funnelctl: unknown command %s\nTry funnelctl --help.\n",
               options->arguments.front().c_str());
  return kExitUsage;
}

}  // namespace
}  // namespace funnel::ctl

int main(int argc, char** argv) { return funnel::ctl::Run(argc, argv); }
