// funnelctl log-level: changes how much a running daemon logs.
#include <cstdio>

#include "funnelctl/command.h"
#include "funnelctl/daemons.h"

namespace funnel::ctl {

int RunLogLevel(const Options& options) {
  auto daemon = FindDaemon(options, options.arguments[0]);
  if (!daemon) return Complain(daemon.error().message);
  std::vector<std::string> arguments{options.arguments[1]};
  std::string until = "its next reload or restart";
  if (auto text = options.Value("--for")) {
    auto time = ParseDuration(*text);
    if (!time) {
      Complain("--for: " + time.error().message);
      return kExitUsage;
    }
    arguments.push_back(std::to_string(time->count()));
    until = *text + " have passed";
  }

  auto answer = AskJson(*daemon, "log-level", std::move(arguments));
  if (!answer) return Complain(Explain(*daemon, answer.error()));
  std::printf("%s: logs %s and more severe until %s\n", daemon->name.c_str(),
              options.arguments[1].c_str(), until.c_str());
  return kExitOk;
}

}  // namespace funnel::ctl
