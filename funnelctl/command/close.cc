// funnelctl close, funnelctl reset: end channels and sessions properly.
#include <cstdio>

#include "funnelctl/command.h"
#include "funnelctl/daemons.h"
#include "funnelctl/words.h"

namespace funnel::ctl {

namespace {

// A service without an edge here may be relayed, and funnel-sctpd does that by itself.
Result<Json> CloseRelayed(const Options& options, const SlashPair& target) {
  std::vector<std::string> arguments{target.first};
  if (!target.second.empty()) arguments.push_back(target.second);
  return AskJson({"funnel-sctpd", SctpdSocket(options)}, "close", std::move(arguments));
}

}  // namespace

int RunClose(const Options& options) {
  const SlashPair target = SplitAtSlash(options.arguments.front());
  auto edge = FindDaemon(options, target.first);
  if (!edge) return Complain(edge.error().message);
  std::vector<std::string> arguments;
  if (!target.second.empty()) arguments.push_back(target.second);
  auto answer = AskJson(*edge, "close", std::move(arguments));

  if (!answer && NotRunning(answer.error())) {
    auto relayed = CloseRelayed(options, target);
    if (!relayed) return Complain(Explain(*edge, answer.error()) + "; " + relayed.error().message);
    answer = std::move(relayed);
  }

  if (!answer) return Complain(Explain(*edge, answer.error()));
  std::printf("%s: closed %s\n", edge->name.c_str(),
              Counted(NumberOf(*answer, "closed"), "channel", "channels").c_str());
  return kExitOk;
}

int RunReset(const Options& options) {
  const SlashPair target = SplitAtSlash(options.arguments.front());
  const std::size_t dot = target.second.find('.');
  if (dot == std::string::npos) {
    Complain("a session is expected as `funnelctl sessions` shows it, such as dns/1.17");
    return kExitUsage;
  }

  auto edge = FindDaemon(options, target.first);
  if (!edge) return Complain(edge.error().message);
  auto answer =
      AskJson(*edge, "reset", {target.second.substr(0, dot), target.second.substr(dot + 1)});
  if (!answer) return Complain(Explain(*edge, answer.error()));
  std::printf("%s: reset\n", options.arguments.front().c_str());
  return kExitOk;
}

}  // namespace funnel::ctl
