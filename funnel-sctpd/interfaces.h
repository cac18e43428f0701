// What sctpd needs from outside, apart from SCTP: its authd, a resolver, the services' sockets.
// Interfaces, so that the tables do no I/O of their own and tests can stand in for all of them.
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

// To authd. While it is not connected nothing is sent: the tables ask again when it is back.
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

// Who gets authd's verdicts on peers' OPENs.
class AcceptListener {
 public:
  virtual ~AcceptListener() = default;
  // It is there (again), and knows of none.
  virtual void OnAuthdUp() = 0;
  virtual void OnAccepted(const ipc::Accepted& verdict) = 0;
  virtual void OnAcceptRefused(const ipc::AcceptRefused& verdict) = 0;
};

// Who gets authd's verdicts on peers.
class PeerListener {
 public:
  virtual ~PeerListener() = default;
  // It is there (again), and knows of none.
  virtual void OnAuthdUp() = 0;
  virtual void OnVerified(const ipc::PeerVerified& verdict) = 0;
  virtual void OnVerifyFailed(const ipc::PeerFailed& verdict) = 0;
  // One of authd's own, for the authd at the far end.
  virtual void OnPeerFrame(const ipc::PeerFrame& message) = 0;
};

// An address that a peer's name led to.
struct ResolvedAddress {
  // Port 0: the usual one.
  sctp::TransportAddress address;
  // What it is for; then the port is that carrier's (SCTP's own for kDirect). Absent: for any.
  std::optional<sctp::Carrier> carrier;
  // Lower ones come first (RFC 2782).
  std::uint16_t priority = 0;
  // The SRV record's target: addresses of different ones may be different machines that share a
  // name. Empty: of `connect` itself.
  std::string host;
  bool operator==(const ResolvedAddress&) const = default;
};

// Names to addresses, in time that depends on somebody else's server.
class ResolverInterface {
 public:
  using Callback = std::function<void(std::vector<ResolvedAddress>, std::string error)>;
  virtual ~ResolverInterface() = default;
  // Calls back from the loop, later, once: in the order in which they should be tried. ERROR may
  // say why some are missing. A name without port is asked for SRV records first (srv.h).
  virtual void Resolve(std::vector<config::Endpoint> endpoints, Callback callback) = 0;
};

// To the edges that serve channels which peers open.
class ServiceInterface {
 public:
  virtual ~ServiceInterface() = default;
  // Never waits. Success says that the service's socket has it, not that its edge runs.
  [[nodiscard]] virtual Result<> Send(const ipc::Adopt& message, UniqueFd link) = 0;
};

}  // namespace funnel::sctpd
