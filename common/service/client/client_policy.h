// Which client addresses the far side may state to our backend (`client-networks`). A backend that
// gets an address by the PROXY protocol may grant access by it, so no statement is trusted
// unchecked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/socket_address.h"
#include "common/config/peer_config.h"
#include "common/config/service_config.h"
#include "common/wire/frame/types.h"

namespace funnel::service {

struct ClientAddresses {
  SocketAddress client;
  SocketAddress local;
};

class ClientPolicy {
 public:
  // Uses the networks of SERVICE and PEER together; PEER may be null. If neither lists any, all
  // addresses are allowed except loopback, unspecified, multicast, and OWN (this host's addresses).
  ClientPolicy(const config::ServiceConfig& service, const config::PeerConfig* peer,
               std::vector<SocketAddress> own);

  // The addresses in INFO, if they may be passed to the backend. The error says what is wrong with
  // them, escaped for a log line. It is an error, too, if a session has no client address: the
  // backend would take our own address for the client's.
  [[nodiscard]] Result<ClientAddresses> Admit(const wire::SessionInfo& info) const;

  // The node that makes the statements; empty: none is known.
  [[nodiscard]] const std::string& node() const { return node_; }

 private:
  // Decides by client-networks; without any: no loopback, multicast, wildcard or address of this
  // host.
  [[nodiscard]] bool Allows(const SocketAddress& client) const;

  std::string node_;
  std::vector<config::Network> networks_;
  std::vector<SocketAddress> own_;
};

// TEXT as a far node states an address with its port; without the zone, which would be the name of
// one of its interfaces. nullopt: it is none.
[[nodiscard]] std::optional<SocketAddress> StatedAddress(const std::string& text);

// The addresses of this host's interfaces, with port 0. Empty if the kernel does not list them.
[[nodiscard]] std::vector<SocketAddress> OwnAddresses();

}  // namespace funnel::service
