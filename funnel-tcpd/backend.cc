#include "funnel-tcpd/backend.h"

#include <utility>

#include "common/base/log.h"
#include "funnel-tcpd/proxy_header.h"

namespace funnel::tcpd {

Backend::Backend(SharedState& shared, Dialer& dialer, ClientPolicy policy)
    : shared_(shared), dialer_(dialer), policy_(std::move(policy)) {}

Result<DialId> Backend::Dial(const wire::SessionInfo& info, Dialer::Done done) {
  if (shared_.service.proxy_protocol == config::ProxyProtocol::kNone)
    return dialer_.Dial({}, std::move(done));
  const auto addresses = policy_.Admit(info);
  if (!addresses) {
    shared_.Count(kClientsNotAllowed);
    Log(LogLevel::kWarning, "client-not-allowed", addresses.error().message,
        {{"SERVICE", shared_.service.name.text()}});
    return Fail(addresses.error().message);
  }

  return dialer_.Dial(ProxyHeader(addresses->client, addresses->local), std::move(done));
}

}  // namespace funnel::tcpd
