// The node's reload: new configuration for what can change while it runs.
#include <algorithm>

#include "common/base/log.h"
#include "common/event/notify.h"
#include "funnel-sctpd/engine_setup.h"
#include "funnel-sctpd/node.h"

namespace funnel::sctpd {
namespace {

constexpr const char* kRestart = "systemctl restart funnel-sctpd.service";

// What the engine was started with stays until a restart, however often the file changes.
void DropUnchanged(std::vector<config::Change>& changes,
                   const std::vector<config::NeedsRestart>& left) {
  std::erase_if(changes, [&](const config::Change& change) {
    const std::string key = "[" + change.section + "] " + change.key;
    return std::any_of(left.begin(), left.end(),
                       [&](const config::NeedsRestart& one) { return one.key == key; });
  });
}

}  // namespace

config::ReloadReport Node::Reload() {
  event::NotifyReloading();
  config::ReloadReport report{.daemon = "funnel-sctpd"};
  auto loaded = config::Load({.directory = options_.config_dir, .defaults = options_.defaults_dir});
  if (loaded) {
    Apply(*std::move(loaded), report);
  } else {
    report.mistakes = std::move(loaded.error());
  }
  config::LogReport(report);
  event::NotifyReady("");
  end_of_turn_->Request();
  return report;
}

void Node::Apply(config::Configuration next, config::ReloadReport& report) {
  for (const std::string& key : NeedRestart(started_with_, next.node.sctp))
    report.left.push_back({"[sctp] " + key, kRestart});
  if (next.node.name != core_.config.node.name) {
    report.left.push_back({"[node] name", kRestart});
    next.node.name = core_.config.node.name;
  }
  report.changes = config::FindChanges(core_.config, next);
  DropUnchanged(report.changes, report.left);
  SetLogLevel(options_.log_level.value_or(next.node.log_level));
  const config::Configuration old = std::exchange(core_.config, std::move(next));
  channels_->Reload();
  associations_->Reload(old);
  control_->commands().WatchGroups();
}

}  // namespace funnel::sctpd
