// Which client addresses the far side may claim towards our backend (`client-networks`). A backend
// that gets an address by the PROXY protocol grants access by it, so no claim is trusted.
#pragma once

#include <vector>

#include "common/base/error.h"
#include "common/base/socket_address.h"
#include "common/config/model.h"
#include "common/wire/frame/types.h"

namespace funnel::tcpd {

struct ClientAddresses {
  SocketAddress client;
  SocketAddress local;
};

class ClientPolicy {
 public:
  // SERVICE's and PEER's networks together; PEER may be null. Where neither lists any, every
  // address is allowed but loopback, unspecified, multicast, and OWN (this host's addresses).
  ClientPolicy(const config::ServiceConfig& service, const config::PeerConfig* peer,
               std::vector<SocketAddress> own);

  // The addresses of INFO if they may be passed to the backend. An error says what is wrong with
  // the claim, escaped for a log line; a session without a client's address is one, since the
  // backend would then take our own address for the client's.
  [[nodiscard]] Result<ClientAddresses> Admit(const wire::SessionInfo& info) const;

 private:
  // By client-networks; without any: no loopback, multicast, wildcard or address of this host.
  [[nodiscard]] bool Allows(const SocketAddress& client) const;

  std::vector<config::Network> networks_;
  std::vector<SocketAddress> own_;
};

// The addresses of this host's interfaces, port 0. Empty if the kernel does not list them.
[[nodiscard]] std::vector<SocketAddress> OwnAddresses();

}  // namespace funnel::tcpd
