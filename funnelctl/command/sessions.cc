// funnelctl sessions: flows and connections of one service or of all, from their edges.
#include "funnelctl/command.h"
#include "funnelctl/daemons.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

// "dns", or "dns (there: none)" where the other end is known to have another module.
std::string ModulesOf(const Json& edge, const Json& session) {
  const std::string shown = Shown(TextOf(session, "module"));
  const Json* peer = Find(session, "peer_module");
  if (peer == nullptr || !peer->is_object()) return shown;
  const std::string there = MaybeNumberOf(*peer, "abi") ? TextOf(*peer, "module") : "";
  if (there == TextOf(edge, "module")) return shown;
  return shown + " (there: " + (there.empty() ? "none" : Shown(there)) + ')';
}

// What `funnelctl forward` keeps open, a line each.
std::string RenderForwards(const Json& edge) {
  std::string out;
  for (const Json& forward : ListOf(edge, "forwards"))
    out += "  forward " + Shown(TextOf(forward, "listen")) + " -> " +
           Shown(TextOf(forward, "target")) + ": uid " + std::to_string(NumberOf(forward, "uid")) +
           ", for " + PrintSeconds(NumberOf(forward, "age_ms") / 1000) + ", " +
           Counted(NumberOf(forward, "connections"), "connection", "connections") + '\n';
  return out;
}

// Edges cut their list at [control] sessions-shown.
std::string RenderSessions(const Json& edge) {
  const std::string service = TextOf(edge, "service");
  Table table({"SESSION", "CLIENT", "ASKED", "BACKEND", "MODULE", "STATE", "AGE", "IDLE", "SENT",
               "RECEIVED", "QUEUED"});
  for (const Json& session : ListOf(edge, "sessions")) {
    const std::string id = TextOf(session, "id");
    table.AddRow({id.empty() ? "-" : Shown(service + "/" + id), Shown(TextOf(session, "client")),
                  Shown(TextOf(session, "local")), Shown(TextOf(session, "backend")),
                  ModulesOf(edge, session), Shown(TextOf(session, "state")),
                  PrintSeconds(NumberOf(session, "age_ms") / 1000),
                  PrintSeconds(NumberOf(session, "idle_ms") / 1000),
                  PrintBytes(NumberOf(session, "bytes_sent")),
                  PrintBytes(NumberOf(session, "bytes_received")),
                  PrintBytes(NumberOf(session, "queued_bytes")) + " / " +
                      PrintBytes(NumberOf(session, "undelivered_bytes"))});
  }

  std::string out = Shown(service) + ": " + std::to_string(NumberOf(edge, "sessions_total")) +
                    " sessions" + (IsTrue(edge, "draining") ? ", draining" : "") + '\n';
  out += RenderForwards(edge);
  if (!table.empty()) out += table.Print();
  if (std::int64_t omitted = NumberOf(edge, "sessions_omitted"); omitted > 0)
    out += "  ... and " + std::to_string(omitted) + " more\n";
  return out;
}

}  // namespace

int RunSessions(const Options& options) {
  return AskEdges(options, "sessions", [](const Daemon&, const Json& answer) {
    PrintText(RenderSessions(answer));
    return kExitOk;
  });
}

}  // namespace funnel::ctl
