#include "common/config/check/feeding.h"

#include <sys/socket.h>

#include <algorithm>

#include "common/base/unique_fd.h"

namespace funnel::config {
namespace {

// Whether ADDRESS is one of this machine's: no other can be bound.
bool IsOurs(SocketAddress address) {
  if (address.IsLoopback()) return true;
  const UniqueFd probe(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  address.set_port(0);
  return probe && ::bind(probe.get(), address.data(), address.size()) == 0;
}

std::vector<SocketAddress> AddressesOf(const Endpoint& backend) {
  if (const auto literal = backend.literal()) return {literal->Unmapped()};
  if (backend.host != "localhost") return {};
  return {*SocketAddress::FromLiteral("127.0.0.1", backend.port),
          *SocketAddress::FromLiteral("::1", backend.port)};
}

bool FeedsBy(const Endpoint& endpoint, const ServiceConfig& into) {
  for (const SocketAddress& backend : AddressesOf(endpoint)) {
    for (const Endpoint& listening : into.listen_address) {
      const auto address = listening.literal();
      if (!address || address->family() != backend.family() || address->port() != backend.port())
        continue;
      if (*address == backend || (address->IsWildcard() && IsOurs(backend))) return true;
    }
  }
  return false;
}

bool Feeds(const ServiceConfig& from, const ServiceConfig& into) {
  if (from.role != Role::kConnect || into.role != Role::kListen ||
      HasConnections(from.protocol) != HasConnections(into.protocol))
    return false;
  return std::ranges::any_of(from.connect_address, [&](const Backend& backend) {
    return FeedsBy(backend.endpoint, into);
  });
}

}  // namespace

std::vector<const ServiceConfig*> GoesOnInto(const Configuration& configuration,
                                             const ServiceConfig& service) {
  std::vector<const ServiceConfig*> found;
  for (const ServiceConfig& other : configuration.services)
    if (Feeds(service, other)) found.push_back(&other);
  return found;
}

std::vector<const ServiceConfig*> FedBy(const Configuration& configuration,
                                        const ServiceConfig& service) {
  std::vector<const ServiceConfig*> found;
  for (const ServiceConfig& other : configuration.services)
    if (Feeds(other, service)) found.push_back(&other);
  return found;
}

}  // namespace funnel::config
