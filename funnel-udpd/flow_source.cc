#include "funnel-udpd/flow_source.h"

#include "common/base/log.h"
#include "common/net/source_socket.h"
#include "funnel-udpd/source_port.h"

namespace funnel::udpd {

Result<> BindFlow(SharedState& shared, int fd, const SocketAddress& backend,
                  const std::string& client, const SocketAddress& stated) {
  const config::ServiceConfig& service = shared.service;
  const bool same_port = service.source_port == config::PortRule::kSame;
  if (service.source.any() && !same_port) return {};

  const net::SocketSource from{service.source, stated, shared.source_ports};
  if (!same_port) return net::BindForDatagrams(fd, from, backend, Now());

  const std::uint16_t port = PortOf(client);
  const Result<> had = port != 0 ? net::BindToPort(fd, from, backend, port)
                                 : Fail("the far end does not say which port the client has");
  if (had) return {};
  shared.Count(kSourcePortsNotHad);
  Log(LogLevel::kWarning, "source-port-not-had",
      "what " + client + " sends goes to " + backend.text() +
          " from any port: " + had.error().message,
      {{"SERVICE", service.name.text()}, {"CLIENT", client}});
  return net::BindForDatagrams(fd, from, backend, Now());
}

CounterIndex CounterFor(const config::Source& source, const Error& error) {
  if (!net::IsSourceError(source, error)) return kConnectFailed;
  return net::IsUsedUp(error) ? kSourcePortsUsedUp : kSourcesNotHad;
}

}  // namespace funnel::udpd
