// funnelctl reload: asks daemons to read their configuration again, and shows the result. It is the
// units' ExecReload, so it runs in the sandbox of the daemon that it reloads.
#include <cstdio>

#include "funnelctl/command.h"
#include "funnelctl/daemons.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

// Long enough for a daemon that is busy with a handshake or a large configuration.
constexpr std::chrono::seconds kReloadDeadline{60};

std::string PrintChange(const Json& change) {
  const std::string file = Shown(TextOf(change, "file"));
  if (TextOf(change, "key").empty())
    return file + (TextOf(change, "after") == "present" ? " is new" : " has gone");
  return file + ": [" + Shown(TextOf(change, "section")) + "] " + Shown(TextOf(change, "key")) +
         " = " + Shown(TextOf(change, "after")) + " (was " + Shown(TextOf(change, "before")) + ")";
}

std::string PrintMistake(const Json& mistake) {
  std::string place = Shown(TextOf(mistake, "file"));
  if (std::int64_t line = NumberOf(mistake, "line"); line > 0) place += ':' + std::to_string(line);
  return place + ": " + Shown(TextOf(mistake, "text"));
}

// Prints the content of a report for people.
void PrintReport(const Daemon& daemon, const Json& report) {
  const Json& mistakes = ListOf(report, "mistakes");
  const Json& changed = ListOf(report, "changed");
  if (!mistakes.empty()) {
    for (const Json& mistake : mistakes) std::printf("%s\n", PrintMistake(mistake).c_str());
    std::fprintf(stderr, "funnelctl: %s: the configuration is broken; the running one stays\n",
                 daemon.name.c_str());
    return;
  }

  std::printf(
      "%s: reloaded, %s\n", daemon.name.c_str(),
      changed.empty()
          ? "nothing has changed"
          : Counted(static_cast<std::int64_t>(changed.size()), "change", "changes").c_str());

  for (const Json& change : changed) std::printf("  %s\n", PrintChange(change).c_str());
  for (const Json& left : ListOf(report, "needs_restart"))
    std::printf("  %s can only change by a restart: %s\n", Shown(TextOf(left, "key")).c_str(),
                Shown(TextOf(left, "command")).c_str());
}

// Gives the command and does not wait for its result. It waits only until the daemon has checked
// who we are, for which we must still exist, and has reported that it begins.
int OnlyAsk(const Daemon& daemon) {
  auto talk = Talk::Connect(daemon.socket_path);
  if (!talk) return Complain(Explain(daemon, talk.error()));
  if (auto sent = talk->Send("reload", {}); !sent) return Complain(Explain(daemon, sent.error()));
  auto taken_up = talk->Next(Now() + kReloadDeadline);
  return taken_up ? kExitOk : Complain(Explain(daemon, taken_up.error()));
}

int ReloadOne(const Options& options, const Daemon& daemon, Json& reports) {
  if (!options.Has("--wait")) return OnlyAsk(daemon);
  auto report = AskJson(daemon, "reload", {}, kReloadDeadline);
  if (!report) return Complain(Explain(daemon, report.error()));
  if (!options.json) PrintReport(daemon, *report);
  const bool ok = IsTrue(*report, "ok");
  reports.push_back(*std::move(report));
  return ok ? kExitOk : kExitFailed;
}

int ReloadAll(const Options& options, Json& reports) {
  int status = kExitOk;
  bool any = false;
  for (const Daemon& daemon : AllDaemons(options)) {
    // A daemon that does not run reads its configuration when it starts.
    auto talk = Talk::Connect(daemon.socket_path);
    if (!talk && NotRunning(talk.error())) continue;
    any = true;
    if (ReloadOne(options, daemon, reports) != kExitOk) status = kExitFailed;
  }
  if (!any && !options.json)
    std::printf("no daemon runs here; each reads the configuration when it starts\n");
  return status;
}

}  // namespace

int RunReload(const Options& options) {
  Json reports = Json::array();
  int status = kExitOk;
  if (options.arguments.front() == "all") {
    status = ReloadAll(options, reports);
  } else {
    auto daemon = FindDaemon(options, options.arguments.front());
    if (!daemon) return Complain(daemon.error().message);
    status = ReloadOne(options, *daemon, reports);
  }
  if (options.json) PrintJson(reports);
  return status;
}

}  // namespace funnel::ctl
