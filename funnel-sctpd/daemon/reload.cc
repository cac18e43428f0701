// The node's reload: new configuration for what can change while it runs.
#include "common/base/log.h"
#include "common/event/notify.h"
#include "funnel-sctpd/daemon/node.h"

namespace funnel::sctpd {
namespace {

constexpr const char* kRestart = "systemctl restart funnel-sctpd.service";

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
  for (const config::KeyRow* row :
       config::PutBackFixed(tables_->shared.config.node, next.node, {"node", "sctp"}))
    report.left.emplace_back(*row, kRestart);
  report.changes = config::FindChanges(tables_->shared.config, next);
  SetLogLevel(options_.log_level.value_or(next.node.log_level));
  const config::Configuration old = std::exchange(tables_->shared.config, std::move(next));
  tables_->channels.Reload();
  tables_->associations.Reload(old);
  control_->commands().WatchGroups();
}

}  // namespace funnel::sctpd
