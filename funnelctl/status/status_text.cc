// The outline of `funnelctl status`, and what it says about processes and counters.
#include <algorithm>

#include "funnelctl/status/status_view.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

constexpr std::size_t kCounterColumns = 3;

std::string RenderHead(const NodeView& view) {
  std::string out = "Node " + Shown(view.node_name()) + ", " + PrintTime(view.now) + '\n';
  std::vector<std::string> problems = FindProblems(view);
  if (problems.empty()) return out + "All well.\n";
  out += "\nNeeds attention\n";
  for (const std::string& problem : problems) out += "  * " + problem + '\n';
  return out;
}

// A daemon that can be asked: described by its own answer, or else by its counter file.
template <typename Status>
void AddDaemon(const NodeView& view, const std::string& name, const Answer<Status>& answer,
               std::string about, Table& table) {
  if (answer.status) {
    table.AddRow({name, "running", PrintSince(answer.status->started, view.now),
                  std::to_string(answer.status->pid), std::move(about)});
    return;
  }
  const metrics::Snapshot* counters = view.FindCounters(name);
  bool alive = counters != nullptr && counters->alive;
  table.AddRow({name, alive ? "DOES NOT ANSWER" : DescribeLife(counters, view.now), "-",
                alive ? std::to_string(counters->pid) : "-", answer.error});
}

// Text after `funnelctl drain`; otherwise empty.
std::string AboutDraining(const metrics::Snapshot& counters) {
  if (counters.Value("draining") == 0) return {};
  const std::uint64_t left =
      counters.Value("flows") + counters.Value("sessions") + counters.Value("sessions_waiting");
  return "draining, " + Counted(static_cast<std::int64_t>(left), "session", "sessions") + " left";
}

void AddEdge(const NodeView& view, const std::string& name, Table& table) {
  const metrics::Snapshot* counters = view.FindCounters(name);
  bool alive = counters != nullptr && counters->alive;
  std::optional<std::int64_t> since;
  if (alive) since = static_cast<std::int64_t>(counters->started);
  std::string about;
  if (counters != nullptr && counters->starts > 1)
    about = "started " + std::to_string(counters->starts) + " times";
  const std::string draining = alive ? AboutDraining(*counters) : "";
  if (!draining.empty()) about += (about.empty() ? "" : "; ") + draining;
  table.AddRow({Shown(name), DescribeLife(counters, view.now), PrintSince(since, view.now),
                alive ? std::to_string(counters->pid) : "-", about});
}

std::string AboutSctpd(const NodeView& view) {
  if (!view.sctpd.status) return {};
  const SctpdStatus& sctpd = *view.sctpd.status;
  std::string out = "engine " + Shown(sctpd.engine);
  return sctpd.listen.empty() ? out : out + ", on " + ShownList(sctpd.listen);
}

std::string AboutAuthd(const NodeView& view) {
  if (!view.authd.status) return {};
  const AuthdStatus& authd = *view.authd.status;
  return Counted(authd.contexts, "context", "contexts") + ", " +
         Counted(authd.handshakes_running, "handshake", "handshakes") + " running, " +
         std::to_string(authd.handshakes_waiting) + " waiting";
}

// The configured ones, and those that left counters.
std::vector<std::string> EdgeNames(const NodeView& view) {
  std::vector<std::string> names;
  if (view.configuration) {
    for (const config::ServiceConfig& service : view.configuration->services)
      names.push_back(EdgeName(service));
  }
  for (const metrics::CounterFileEntry& entry : view.counters) {
    if (entry.file.find('@') != std::string::npos) names.push_back(entry.file);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// "  frames_sent  12    flows  3", without those that are 0.
std::string RenderValues(const metrics::Snapshot& snapshot) {
  std::vector<const metrics::CounterValue*> shown;
  std::size_t name_width = 0;
  std::size_t value_width = 0;
  for (const metrics::CounterValue& value : snapshot.values) {
    if (value.value == 0) continue;
    shown.push_back(&value);
    name_width = std::max(name_width, value.name.size());
    value_width = std::max(value_width, std::to_string(value.value).size());
  }

  std::string out;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    std::string number = std::to_string(shown[i]->value);
    out += std::string("    ") + shown[i]->name +
           std::string(name_width - shown[i]->name.size() + 2, ' ') +
           std::string(value_width - number.size(), ' ') + number;
    if (i % kCounterColumns == kCounterColumns - 1 || i + 1 == shown.size()) out += '\n';
  }

  return out;
}

}  // namespace

std::string RenderDaemons(const NodeView& view) {
  Table table({"DAEMON", "STATE", "SINCE", "PID", ""});
  AddDaemon(view, "funnel-sctpd", view.sctpd, AboutSctpd(view), table);
  AddDaemon(view, "funnel-authd", view.authd, AboutAuthd(view), table);
  for (const std::string& name : EdgeNames(view)) AddEdge(view, name, table);
  return "Daemons\n" + table.Print();
}

std::string RenderCounters(const NodeView& view) {
  if (!view.counters_error.empty()) return "Counters\n  " + view.counters_error + '\n';
  std::string out = "Counters (those that are not 0)\n";
  for (const metrics::CounterFileEntry& entry : view.counters) {
    out += "  " + Shown(entry.file);
    out += entry.snapshot ? "\n" + RenderValues(*entry.snapshot)
                          : ": " + entry.snapshot.error().message + '\n';
  }
  return view.counters.empty() ? "" : out;
}

std::string RenderText(const NodeView& view) {
  std::string out = RenderHead(view);
  for (auto render : {RenderDaemons, RenderAssociations, RenderServices, RenderChannels,
                      RenderIdentities, RenderRefusals, RenderFailures, RenderCounters}) {
    std::string part = render(view);
    if (!part.empty()) out += '\n' + part;
  }
  return out;
}

}  // namespace funnel::ctl
