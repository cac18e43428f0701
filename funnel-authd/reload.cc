// The server's reload: new rules for what is asked from now on, and for what lives already.
#include "common/base/log.h"
#include "common/event/notify.h"
#include "common/ipc/authd_messages.h"
#include "funnel-authd/server.h"

namespace funnel::authd {

config::ReloadReport Server::Reload() {
  event::NotifyReloading();
  config::ReloadReport report{.daemon = "funnel-authd"};
  auto config = config::Load({.directory = options_.config_dir, .defaults = options_.defaults_dir});
  if (!config) {
    ++core_.counters[kReloadsFailed];
    report.mistakes = std::move(config.error());
  } else {
    SetLogLevel(options_.log_level.value_or(config->node.log_level));
    for (const config::KeyRow* row :
         config::PutBackFixed(core_.config->node, config->node, {"node", "kerberos"}))
      report.left.emplace_back(*row, "systemctl restart funnel-authd.service");
    report.changes = config::FindChanges(*core_.config, *config);
    Apply(*std::move(config));
    ++core_.counters[kReloads];
  }
  config::LogReport(report);
  event::NotifyReady("");
  return report;
}

void Server::Apply(config::Configuration config) {
  core_.config = std::make_shared<const config::Configuration>(std::move(config));
  commands_.WatchGroups();
  const config::KerberosConfig& kerberos = core_.config->node.kerberos;
  core_.credentials->SetKeytabs(KeytabsOf(*core_.config));
  core_.initiate_pool.SetLimits(InitiateLimits(*core_.config));
  core_.accept_pool.SetLimits(AcceptLimits(*core_.config));
  const std::size_t services = core_.config->services.size();
  core_.contexts.set_limits(Shares::Halves(kerberos.max_contexts, services));
  core_.claims.set_services(services);
  initiate_.set_services(services);
  core_.peer_accepts.set_limits({.total = kerberos.peer_handshakes,
                                 .per_client = kerberos.peer_handshakes_per_association,
                                 .known = core_.config->peers.size()});
  places_.set_limits(
      {.total = kMaxClients, .per_client = kMaxClientsOfOneUid, .known = services + kOthersKnown});
  core_.claims.set_lifetime(kerberos.claim_lifetime);
  // Claims and handshakes in work are checked against the rules when their context is given out.
  auto revoked = core_.contexts.TakeForbidden([this](const ContextRecord& record) {
    return RequireStillAllowed(*core_.config, record.service, record.role, record.local_principal,
                               record.peer_principal);
  });
  for (const auto& [id, record, reason] : revoked) {
    ++core_.counters[kContextsRevoked];
    Log(LogLevel::kNotice, "context-revoked", reason,
        {{"SERVICE", record.service.text()}, {"REMOTE", record.peer_principal}});
    core_.clients.Send(record.client, ipc::Revoked{id.value(), reason});
  }
  core_.counters[kContexts] = core_.contexts.size();
  peers_.Recheck();
}

}  // namespace funnel::authd
