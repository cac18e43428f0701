// funnelctl backends: where each connecting service's sessions go, from its edge.
#include "funnelctl/command.h"
#include "funnelctl/daemons.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

std::string Since(const Json& backend) {
  const auto since = MaybeNumberOf(backend, "since_ms");
  return since ? PrintSeconds(*since / 1000) : "-";
}

std::string RenderBackends(const Json& edge) {
  Table table({"BACKEND", "STATE", "SINCE", "WEIGHT", "SESSIONS", "TOTAL", "FAILED", "LAST ERROR"});
  for (const Json& backend : ListOf(edge, "backends")) {
    table.AddRow(
        {Shown(TextOf(backend, "address")), Shown(TextOf(backend, "state")), Since(backend),
         std::to_string(NumberOf(backend, "weight")) + (IsTrue(backend, "backup") ? " backup" : ""),
         std::to_string(NumberOf(backend, "sessions")),
         std::to_string(NumberOf(backend, "sessions_total")),
         std::to_string(NumberOf(backend, "failures_total")), Shown(TextOf(backend, "error"))});
  }
  return Shown(TextOf(edge, "service")) + ":\n" + table.Print();
}

}  // namespace

int RunBackends(const Options& options) {
  std::vector<Daemon> edges;
  const bool named = !options.arguments.empty();
  if (named) {
    auto edge = FindDaemon(options, options.arguments.front());
    if (!edge) return Complain(edge.error().message);
    edges.push_back(*std::move(edge));
  } else {
    edges = AllEdges(options);
  }

  int status = kExitOk;
  Json answers = Json::array();
  for (const Daemon& edge : edges) {
    auto answer = AskJson(edge, "backends");
    if (answer) {
      // A listening service has none.
      const bool some = !ListOf(*answer, "backends").empty();
      if (!options.json && some) PrintText(RenderBackends(*answer));
      if (!options.json && !some && named)
        status = Complain(edge.name + ": its backends are at the far end");
      answers.push_back(*std::move(answer));
    } else if (named || !NotRunning(answer.error())) {
      status = Complain(Explain(edge, answer.error()));
    }
  }

  if (options.json) PrintJson(answers);
  return status;
}

}  // namespace funnel::ctl
