// funnelctl trace: prints frames and records of a service's channels as they come and go, one on
// each line, without payload, until interrupted.
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
  auto edge = FindDaemon(options, options.arguments.front());
  if (!edge) return Complain(edge.error().message);
  auto talk = Talk::Connect(edge->socket_path);
  if (!talk) return Complain(Explain(*edge, talk.error()));
  std::vector<std::string> form;
  if (options.json) form.emplace_back("json");
  if (auto sent = talk->Send("trace", form); !sent) return Complain(Explain(*edge, sent.error()));

  for (;;) {
    auto lines = talk->Next(Now() + kForever);
    if (!lines) return Complain(Explain(*edge, lines.error()));
    if (!*lines) return kExitOk;
    // The reader of our output has gone.
    PrintText(**lines);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return kExitOk;
  }
}

}  // namespace funnel::ctl
