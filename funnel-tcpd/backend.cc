#include "funnel-tcpd/backend.h"

#include <utility>

#include "common/base/log.h"
#include "common/service/client/proxy_header.h"

namespace funnel::tcpd {

Backend::Backend(SharedState& shared, Dialer& dialer, service::ClientPolicy policy)
    : shared_(shared), dialer_(dialer), policy_(std::move(policy)) {
  if (shared.service.protocol == config::Protocol::kCommand)
    commands_ = std::make_unique<CommandStarter>(shared);
}

Result<DialId> Backend::StartCommand(const wire::SessionInfo& info, const ChannelPort::Peer& peer,
                                     Dialer::Done done) {
  auto added = commands_->Add(info, peer, std::move(done));
  if (added) return added;
  shared_.Count(kCommandsIncomplete);
  Log(LogLevel::kWarning, "command-not-started", added.error().message,
      {{"SERVICE", shared_.service.name.text()}, {"PEER", peer.name}});
  return added;
}

Result<DialId> Backend::Dial(const wire::SessionInfo& info, const ChannelPort::Peer& peer,
                             Dialer::Done done) {
  if (commands_) return StartCommand(info, peer, std::move(done));
  if (info.target.has_value() != HasTargets() || info.flow)
    return Fail("a session of another kind of service");
  if (info.target) {
    return dialer_.targets().Dial(info, peer, [done = std::move(done)](Result<UniqueFd> fd) {
      if (!fd) return done(std::unexpected(std::move(fd).error()));
      done(Dialer::Connected{*std::move(fd), {}});
    });
  }
  auto header = service::ProxyHeaderFor(shared_.service, policy_, info, peer.principal);
  if (!header) {
    shared_.Count(kClientsNotAllowed);
    Log(LogLevel::kWarning, "client-not-allowed", header.error().message,
        {{"SERVICE", shared_.service.name.text()}});
    return Fail(header.error().message);
  }

  return dialer_.Dial(info.client, *std::move(header), std::move(done));
}

void Backend::Cancel(DialId id) {
  if (commands_) return commands_->Cancel(id);
  if (HasTargets()) return dialer_.targets().Cancel(id);
  dialer_.Cancel(id);
}

}  // namespace funnel::tcpd
