// The server's reload: new rules for new requests, and for contexts and peers that exist.
#include "common/base/log.h"
#include "common/config/check/warnings.h"
#include "common/config/read/load.h"
#include "common/event/notify.h"
#include "common/ipc/authd_messages.h"
#include "common/seal/key_shares.h"
#include "funnel-authd/server.h"

namespace funnel::authd {

config::ReloadReport Server::Reload() {
  event::NotifyReloading();
  config::ReloadReport report{.daemon = "funnel-authd"};
  auto config = config::Load({.directory = options_.config_dir, .defaults = options_.defaults_dir});

  if (!config) {
    ++shared_.counters[kReloadsFailed];
    report.mistakes = std::move(config.error());
  } else {
    SetLogLevel(options_.log_level.value_or(config->node.log_level));
    for (const config::KeyRow* row :
         config::PutBackFixed(shared_.config->node, config->node, {"node", "kerberos"}))
      report.left.emplace_back(*row, "systemctl restart funnel-authd.service");
    report.changes = config::FindChanges(*shared_.config, *config);
    config::LogMissingSuites(*config, seal::HasSuite);
    Apply(*std::move(config));
    ++shared_.counters[kReloads];
  }

  config::LogReport(report);
  event::NotifyReady("");
  return report;
}

void Server::Apply(config::Configuration config) {
  shared_.config = std::make_shared<const config::Configuration>(std::move(config));
  commands_.WatchGroups();

  const config::KerberosConfig& kerberos = shared_.config->node.kerberos;
  shared_.credentials->SetKeytabs(KeytabsOf(*shared_.config));
  shared_.initiate_pool.SetLimits(InitiateLimits(*shared_.config));
  shared_.accept_pool.SetLimits(AcceptLimits(*shared_.config));

  const std::size_t services = shared_.config->services.size();
  shared_.contexts.set_limits(Shares::Halves(kerberos.max_contexts, services));
  shared_.claims.set_services(services);
  initiate_.set_services(services);
  shared_.peer_accepts.set_limits({.total = kerberos.peer_handshakes,
                                   .per_client = kerberos.peer_handshakes_per_association,
                                   .known = shared_.config->peers.size()});
  slots_.set_limits(
      {.total = kMaxClients, .per_client = kMaxClientsOfOneUid, .known = services + kOthersKnown});
  shared_.claims.set_lifetime(kerberos.claim_lifetime);

  // Claims, and handshakes that are being worked on, are checked when their context is given out.
  auto revoked = shared_.contexts.TakeForbidden([this](const ContextRecord& record) {
    return RequireStillAllowed(*shared_.config, record.service, record.role, record.local_principal,
                               record.peer_principal);
  });

  for (const auto& [id, record, reason] : revoked) {
    ++shared_.counters[kContextsRevoked];
    Log(LogLevel::kNotice, "context-revoked", reason,
        {{"SERVICE", record.service.text()}, {"REMOTE", record.peer_principal}});
    shared_.clients.Send(record.client, ipc::Revoked{id.value(), reason});
  }

  shared_.counters[kContexts] = shared_.contexts.size();
  peers_.Recheck();
}

}  // namespace funnel::authd
