#include "funnelctl/metrics/families.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/ids.h"
#include "common/base/version.h"
#include "common/service/counters.h"
#include "funnel-authd/counters.h"
#include "funnel-sctpd/counters.h"
#include "funnel-tcpd/counters.h"
#include "funnel-udpd/counters.h"
#include "funnelctl/figures.h"
#include "funnelctl/metrics/paths.h"

namespace funnel::ctl {
namespace {

// A table, and the daemons whose files use it.
struct Group {
  std::string_view name;
  std::span<const metrics::CounterDef> table;
  std::vector<std::string_view> daemons;
};

std::vector<Group> Groups() {
  return {{"sctpd", sctpd::CounterTable(), {"funnel-sctpd"}},
          {"authd", authd::CounterTable(), {"funnel-authd"}},
          {"edge", service::kCommonTable, {"funnel-udpd", "funnel-tcpd"}},
          {"udpd", udpd::kCounters, {"funnel-udpd"}},
          {"tcpd", tcpd::kCounters, {"funnel-tcpd"}}};
}

// A counter file of one of our daemons.
struct Source {
  std::string daemon;   // "funnel-udpd"
  std::string service;  // "dns"; empty for daemons that serve all
  const metrics::Snapshot* snapshot;

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> labels() const {
    if (service.empty()) return {{"daemon", daemon}};
    return {{"daemon", daemon}, {"service", service}};
  }
};

// Several users may write in the folder: a file counts only if a daemon would give it this name.
std::optional<Source> Recognise(const metrics::CounterFileEntry& entry) {
  if (!entry.snapshot) return std::nullopt;
  std::string daemon = entry.file.substr(0, entry.file.find('@'));
  if (daemon == entry.file) {
    if (daemon != "funnel-sctpd" && daemon != "funnel-authd") return std::nullopt;
    return Source{daemon, {}, &*entry.snapshot};
  }
  auto service = ServiceName::Parse(entry.file.substr(daemon.size() + 1));
  if (!service || (daemon != "funnel-udpd" && daemon != "funnel-tcpd")) return std::nullopt;
  return Source{daemon, service->text(), &*entry.snapshot};
}

using Sources = std::vector<Source>;
using Read = std::uint64_t (*)(const metrics::Snapshot&, std::int64_t now);

struct AboutDaemon {
  std::string_view name;
  std::string_view help;
  bool counter;
  Read read;
};

constexpr std::array kAboutDaemons = std::to_array<AboutDaemon>({
    {"funnel_up", "1 while the daemon runs.", false,
     [](const metrics::Snapshot& file, std::int64_t) -> std::uint64_t { return file.alive; }},
    {"funnel_beat_age_seconds",
     "Time since the daemon's last sign of life; it gives one each 10 s.", false,
     [](const metrics::Snapshot& file, std::int64_t now) -> std::uint64_t {
       return static_cast<std::uint64_t>(Elapsed(static_cast<std::int64_t>(file.beat), now));
     }},
    {"funnel_start_time_seconds", "When the daemon was started last, in seconds since 1970.", false,
     [](const metrics::Snapshot& file, std::int64_t) { return file.started; }},
    {"funnel_starts_total", "How often the daemon was started.", true,
     [](const metrics::Snapshot& file, std::int64_t) { return file.starts; }},
});

std::string FamilyName(const Group& group, const metrics::CounterDef& def) {
  std::string name = "funnel_" + std::string(group.name) + '_' + std::string(def.name);
  bool add = def.kind == metrics::Kind::kCounter && !name.ends_with("_total");
  return add ? name + "_total" : name;
}

void AddAboutDaemons(const Sources& sources, std::int64_t now, std::vector<Family>& out) {
  for (const AboutDaemon& about : kAboutDaemons) {
    Family family{
        std::string(about.name), std::string(about.help), about.counter, {"daemon", "service"}, {}};
    for (const Source& source : sources)
      family.samples.push_back({source.labels(), about.read(*source.snapshot, now)});
    out.push_back(std::move(family));
  }
}

void AddSamples(const Group& group, std::string_view counter, const Sources& sources,
                Family& family) {
  for (const Source& source : sources) {
    if (std::ranges::find(group.daemons, source.daemon) == group.daemons.end()) continue;
    const auto& values = source.snapshot->values;
    auto found = std::ranges::find(values, counter, &metrics::CounterValue::name);
    if (found != values.end()) family.samples.push_back({source.labels(), found->value});
  }
}

}  // namespace

std::vector<Family> CollectFamilies(const std::vector<metrics::CounterFileEntry>& files,
                                    std::int64_t now,
                                    const std::vector<AssociationStatus>& associations) {
  Sources sources;
  for (const metrics::CounterFileEntry& entry : files) {
    if (auto source = Recognise(entry)) sources.push_back(*std::move(source));
  }
  std::vector<Family> out;

  out.push_back({"funnel_build_info",
                 "The version of funnelctl.",
                 false,
                 {"version"},
                 {{{{"version", kVersion}}, 1}}});

  out.push_back({"funnel_rejected_files",
                 "Counter files that cannot be read, or are no daemon's.",
                 false,
                 {},
                 {{{}, files.size() - sources.size()}}});

  AddAboutDaemons(sources, now, out);
  for (const Group& group : Groups()) {
    bool edges = group.daemons.front().ends_with("udpd") || group.daemons.front().ends_with("tcpd");
    // Not built by appending: g++ 14 takes the vector's new memory for its old (array-bounds).
    const auto labels =
        edges ? std::vector<std::string>{"daemon", "service"} : std::vector<std::string>{"daemon"};
    for (const metrics::CounterDef& def : group.table) {
      Family family{FamilyName(group, def),
                    std::string(def.help),
                    def.kind == metrics::Kind::kCounter,
                    labels,
                    {}};
      AddSamples(group, def.name, sources, family);
      out.push_back(std::move(family));
    }
  }

  for (Family& family : PathFamilies(associations)) out.push_back(std::move(family));
  return out;
}

}  // namespace funnel::ctl
