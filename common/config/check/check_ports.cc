// Clashes between services: ports and pinned streams.
#include <algorithm>
#include <map>

#include "common/config/check/check.h"

namespace funnel::config {
namespace {

struct Port {
  Protocol protocol;
  SocketAddress address;
  Origin origin;
  std::string owner;  // "service dns"
};

// Whether the kernel would refuse to bind the second. [::] means IPv6 only here, as in our socket
// units (BindIPv6Only=ipv6-only), so that 0.0.0.0:53 and [::]:53 can both be bound.
bool Overlap(const Port& a, const Port& b) {
  if (HasConnections(a.protocol) != HasConnections(b.protocol) ||
      a.address.port() != b.address.port())
    return false;
  if (a.address.family() != b.address.family()) return false;
  return a.address == b.address || a.address.IsWildcard() || b.address.IsWildcard();
}

// Our own encapsulation port. Without `listen` it is bound to every address of both families.
void AddOwnPort(const NodeConfig& node, std::vector<Port>& ports) {
  if (!node.sctp.udp) return;
  std::vector<SocketAddress> addresses = node.sctp.listen;
  if (addresses.empty()) {
    addresses = {*SocketAddress::FromLiteral("0.0.0.0", node.sctp.udp_port),
                 *SocketAddress::FromLiteral("::", node.sctp.udp_port)};
  }
  Origin origin = FindOrigin(node.origins, "sctp", "udp-port");
  for (const SocketAddress& address : addresses) {
    ports.push_back({Protocol::kUdp, address, origin, "SCTP in UDP ([sctp] udp-port)"});
  }
}

// Whether TO, a backend's address, is the one where OWN receives SCTP in UDP.
bool Reaches(const Endpoint& to, const Port& own) {
  if (to.is_unix() || to.port != own.address.port()) return false;
  const auto literal = to.literal();
  if (!literal) return to.host == "localhost" && own.address.IsWildcard();
  return literal->Unmapped() == own.address || (literal->IsLoopback() && own.address.IsWildcard());
}

void CheckBackends(const Configuration& configuration, const std::vector<Port>& own,
                   std::vector<Mistake>& mistakes) {
  for (const ServiceConfig& service : configuration.services) {
    if (service.role != Role::kConnect || service.protocol != Protocol::kUdp) continue;
    for (std::size_t i = 0; i < service.connect_address.size(); ++i) {
      const Endpoint& endpoint = service.connect_address[i].endpoint;
      const auto port =
          std::ranges::find_if(own, [&](const Port& one) { return Reaches(endpoint, one); });
      if (port == own.end()) continue;
      const Origin at = FindOrigin(service.origins, "connect", "address", i);
      mistakes.push_back({at.file, at.line,
                          "address: " + endpoint.text() + " is this node's own " + port->owner +
                              ", not a backend"});
    }
  }
}

}  // namespace

void CheckPorts(const Configuration& configuration, std::vector<Mistake>& mistakes) {
  std::vector<Port> taken;
  AddOwnPort(configuration.node, taken);
  CheckBackends(configuration, taken, mistakes);

  for (const ServiceConfig& service : configuration.services) {
    for (std::size_t i = 0; i < service.listen_address.size(); ++i) {
      // Its zone may be unknown here, yet known to systemd, which binds it.
      const auto address = service.listen_address[i].literal();
      if (!address) continue;
      Port port{service.protocol, *address, FindOrigin(service.origins, "listen", "address", i),
                "service " + service.name.text()};
      for (const Port& other : taken) {
        if (!Overlap(port, other)) continue;
        mistakes.push_back({port.origin.file, port.origin.line,
                            "address: " + port.address.text() + " is already taken by " +
                                other.owner + " (" + PrintOrigin(other.origin) + ")"});
        break;
      }
      taken.push_back(std::move(port));
    }
  }
}

void CheckStreams(const Configuration& configuration, std::vector<Mistake>& mistakes) {
  std::map<std::pair<std::string, int>, const ServiceConfig*> pinned;
  for (const ServiceConfig& service : configuration.services) {
    if (!service.stream || service.role != Role::kListen) continue;

    const ServiceConfig* clash = nullptr;
    int clashing_stream = 0;
    for (std::uint32_t i = 0; i < service.channels; ++i) {
      int stream = static_cast<int>(service.stream->value() + i);
      auto [first, fresh] = pinned.emplace(std::pair(service.peer, stream), &service);
      if (!fresh && clash == nullptr) {
        clash = first->second;
        clashing_stream = stream;
      }
    }

    if (clash == nullptr) continue;
    Report(service.origins, "service", "stream",
           "stream: " + std::to_string(clashing_stream) + " to peer " + service.peer +
               " is already pinned by service " + clash->name.text() + " (" +
               PrintOrigin(FindOrigin(clash->origins, "service", "stream")) + ")",
           mistakes);
  }
}

}  // namespace funnel::config
