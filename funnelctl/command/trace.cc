// funnelctl trace: prints frames and records of a service's channels, or funnel-sctpd's packets, as
// they come and go, one on each line, without payload, until interrupted.
#include <cstdio>

#include "funnelctl/command.h"
#include "funnelctl/daemons.h"
#include "funnelctl/print.h"

namespace funnel::ctl {
namespace {

// Any time may pass between two lines; a trace ends when the daemon or we end.
constexpr std::chrono::hours kForever{24 * 365};

}  // namespace

int RunTrace(const Options& options) {
  auto daemon = FindDaemon(options, options.arguments.front());
  if (!daemon) return Complain(daemon.error().message);
  if (options.arguments.size() > 1 && daemon->name != "funnel-sctpd") {
    Complain("a peer is expected only after funnel-sctpd");
    return kExitUsage;
  }
  auto talk = Talk::Connect(daemon->socket_path);
  if (!talk) return Complain(Explain(*daemon, talk.error()));
  std::vector<std::string> arguments{options.json ? "json" : "text"};
  if (options.arguments.size() > 1) arguments.push_back(options.arguments[1]);
  if (auto sent = talk->Send("trace", arguments); !sent)
    return Complain(Explain(*daemon, sent.error()));

  for (;;) {
    auto lines = talk->Next(Now() + kForever);
    if (!lines) return Complain(Explain(*daemon, lines.error()));
    if (!*lines) return kExitOk;
    // The reader of our output has gone.
    PrintText(**lines);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return kExitOk;
  }
}

}  // namespace funnel::ctl
