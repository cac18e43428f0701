// What [connect] source says must be possible for each backend, and with the other keys.
#include <string>

#include "common/config/check/check.h"

namespace funnel::config {
namespace {

std::string SourceFamily(const SocketAddress& address) {
  return address.family() == AF_INET6 ? "IPv6" : "IPv4";
}

// Fails where what SOURCE says cannot reach BACKEND.
Result<> RequireReachable(const Source& source, const Endpoint& backend) {
  if (backend.is_unix()) return Fail("is a Unix socket, to which nothing has an address");
  const auto literal = backend.literal();
  if (!literal || !source.has_address()) return {};
  if (literal->family() != source.address.family())
    return Fail("is an " + SourceFamily(*literal) + " address, and this one of " +
                SourceFamily(source.address));
  if (source.address.IsLoopback() && !literal->IsLoopback())
    return Fail("is not on this node, and nothing leaves it from a loopback address");
  return {};
}

}  // namespace

void CheckSource(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  const Source& source = service.source;
  if (source.any()) return;
  auto report = [&](const std::string& text) {
    Report(service.origins, "connect", "source", "source: " + text, mistakes);
  };

  if (source.transparent && service.protocol == Protocol::kSocks)
    report("transparent is not for protocol = socks");
  if (source.has_ports() && service.source_port == PortRule::kSame)
    report("either it has ports, or source-port = same takes the client's");
  for (const Backend& backend : service.connect_address) {
    if (auto reaching = RequireReachable(source, backend.endpoint); !reaching)
      report(backend.endpoint.text() + ' ' + reaching.error().message);
  }
}

}  // namespace funnel::config
