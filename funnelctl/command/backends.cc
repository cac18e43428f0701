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

// "passed 2 s ago", "failed 1 s ago: no answer within check-timeout".
std::string Checked(const Json& backend) {
  const auto age = MaybeNumberOf(backend, "checked_ms");
  if (!age) return "-";
  const std::string error = TextOf(backend, "check_error");
  return TextOf(backend, "check") + ' ' + PrintSeconds(*age / 1000) + " ago" +
         (error.empty() ? "" : ": " + error);
}

std::string RenderBackends(const Json& edge) {
  Table table({"BACKEND", "STATE", "SINCE", "WEIGHT", "SESSIONS", "TOTAL", "FAILED", "CHECK",
               "LAST ERROR"});
  for (const Json& backend : ListOf(edge, "backends")) {
    table.AddRow(
        {Shown(TextOf(backend, "address")), Shown(TextOf(backend, "state")), Since(backend),
         std::to_string(NumberOf(backend, "weight")) + (IsTrue(backend, "backup") ? " backup" : ""),
         std::to_string(NumberOf(backend, "sessions")),
         std::to_string(NumberOf(backend, "sessions_total")),
         std::to_string(NumberOf(backend, "failures_total")), Shown(Checked(backend)),
         Shown(TextOf(backend, "error"))});
  }
  return Shown(TextOf(edge, "service")) + ":\n" + table.Print();
}

}  // namespace

int RunBackends(const Options& options) {
  const bool named = !options.arguments.empty();
  return AskEdges(options, "backends", [named](const Daemon& edge, const Json& answer) {
    if (!ListOf(answer, "backends").empty()) {
      PrintText(RenderBackends(answer));
    } else if (named) {
      return Complain(edge.name + ": its backends are at the far end");
    }
    return kExitOk;
  });
}

}  // namespace funnel::ctl
