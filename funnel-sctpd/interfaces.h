// What sctpd needs from outside, apart from SCTP: its authd, a resolver, the services' sockets.
// They are interfaces, so that the tables do no I/O of their own and tests can stand in for all of
// them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/config/address.h"
#include "common/ipc/authd_messages.h"
#include "common/ipc/sctpd_messages.h"
#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctpd {

// The connection to authd. While it is down nothing is sent: the tables ask again when it is back.
class AuthdInterface {
 public:
  virtual ~AuthdInterface() = default;
  [[nodiscard]] virtual bool connected() const = 0;
  virtual void Send(const ipc::Accept& message) = 0;
  virtual void Send(const ipc::DropClaim& message) = 0;
  virtual void Send(const ipc::PeerStart& message) = 0;
  virtual void Send(const ipc::PeerFrame& message) = 0;
  virtual void Send(const ipc::PeerGone& message) = 0;
};

// Gets authd's verdicts on peers' OPENs.
class AcceptListener {
 public:
  virtual ~AcceptListener() = default;
  // authd is there (again), and knows of no OPEN.
  virtual void OnAuthdUp() = 0;
  virtual void OnAccepted(const ipc::Accepted& verdict) = 0;
  virtual void OnAcceptRefused(const ipc::AcceptRefused& verdict) = 0;
};

// Gets authd's verdicts on peers.
class PeerListener {
 public:
  virtual ~PeerListener() = default;
  // authd is there (again), and knows of no association.
  virtual void OnAuthdUp() = 0;
  virtual void OnVerified(const ipc::PeerVerified& verdict) = 0;
  virtual void OnVerifyFailed(const ipc::PeerFailed& verdict) = 0;
  // A frame of our authd for the authd at the far end.
  virtual void OnPeerFrame(const ipc::PeerFrame& message) = 0;
};

// An address that a peer's name led to.
struct ResolvedAddress {
  // Port 0: the usual one.
  sctp::TransportAddress address;
  // The carrier that it is for; then the port is that carrier's (SCTP's own for kDirect). nullopt:
  // any.
  std::optional<sctp::Carrier> carrier;
  // Lower ones come first (RFC 2782).
  std::uint16_t priority = 0;
  // The SRV record's target: addresses of different targets may be different machines that share a
  // name. Empty: the host of `connect` itself.
  std::string host;
  bool operator==(const ResolvedAddress&) const = default;
};

// Resolves names to addresses, in a time that depends on somebody else's server.
class ResolverInterface {
 public:
  using Callback = std::function<void(std::vector<ResolvedAddress>, std::string error)>;
  virtual ~ResolverInterface() = default;
  // Calls back from the loop, later, once, with the addresses in the order in which they should be
  // tried. ERROR may say why some are missing. For a name without port, SRV records are asked for
  // first (srv.h).
  virtual void Resolve(std::vector<config::Endpoint> endpoints, Callback callback) = 0;
};

// The edges that serve channels which peers open.
class ServiceInterface {
 public:
  virtual ~ServiceInterface() = default;
  // Never waits. Success means that the service's socket has the message, not that its edge runs.
  [[nodiscard]] virtual Result<> Send(const ipc::Adopt& message, UniqueFd link) = 0;
};

}  // namespace funnel::sctpd
