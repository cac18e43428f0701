#include "funnel-tcpd/backend.h"

#include <string>
#include <utility>

#include "common/base/log.h"
#include "funnel-tcpd/proxy_header.h"

namespace funnel::tcpd {

Backend::Backend(SharedState& shared, Dialer& dialer, ClientPolicy policy)
    : shared_(shared), dialer_(dialer), policy_(std::move(policy)) {}

Bytes Backend::HeaderFor(const ClientAddresses& addresses, const ChannelPort::Peer& peer) const {
  const std::string service(shared_.service.name.text());
  const ProxyOrigin origin{.principal = peer.principal, .node = policy_.node(), .service = service};
  switch (shared_.service.proxy_protocol) {
    case config::ProxyProtocol::kNone:
      return {};
    case config::ProxyProtocol::kV1:
      return ProxyHeaderV1(addresses.client, addresses.local);
    case config::ProxyProtocol::kV2:
      return ProxyHeaderV2(addresses.client, addresses.local, nullptr);
    case config::ProxyProtocol::kV2Tlv:
      return ProxyHeaderV2(addresses.client, addresses.local, &origin);
  }
  return {};
}

Result<DialId> Backend::Dial(const wire::SessionInfo& info, const ChannelPort::Peer& peer,
                             Dialer::Done done) {
  if (info.target.has_value() != HasTargets()) return Fail("a session of another kind of service");
  if (info.target) {
    return dialer_.targets().Dial(info, peer, [done = std::move(done)](Result<UniqueFd> fd) {
      if (!fd) return done(std::unexpected(std::move(fd).error()));
      done(Dialer::Connected{*std::move(fd), {}});
    });
  }
  if (shared_.service.proxy_protocol == config::ProxyProtocol::kNone)
    return dialer_.Dial(info.client, {}, std::move(done));
  const auto addresses = policy_.Admit(info);
  if (!addresses) {
    shared_.Count(kClientsNotAllowed);
    Log(LogLevel::kWarning, "client-not-allowed", addresses.error().message,
        {{"SERVICE", shared_.service.name.text()}});
    return Fail(addresses.error().message);
  }

  return dialer_.Dial(info.client, HeaderFor(*addresses, peer), std::move(done));
}

void Backend::Cancel(DialId id) {
  if (HasTargets()) return dialer_.targets().Cancel(id);
  dialer_.Cancel(id);
}

}  // namespace funnel::tcpd
