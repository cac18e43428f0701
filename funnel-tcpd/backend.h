// The backend for the sessions of one channel: the dialer, which connects to the service's backends
// or to what a session names, and the rules for the client addresses that the channel's peer may
// state; for commands, what starts them. Owned together with the channel's SessionPump.
#pragma once

#include <memory>

#include "common/service/client/client_policy.h"
#include "funnel-tcpd/channel_port.h"
#include "funnel-tcpd/command/command_starter.h"
#include "funnel-tcpd/dialer.h"

namespace funnel::tcpd {

class Backend {
 public:
  Backend(SharedState& shared, Dialer& dialer, service::ClientPolicy policy);

  // As Dialer::Dial, for a session that PEER opened. An error: the service states clients, and
  // the client's address may not be passed to the backend, which was logged and counted; or the
  // session is not what the service's are: one with a target, a flow of a command.
  [[nodiscard]] Result<DialId> Dial(const wire::SessionInfo& info, const ChannelPort::Peer& peer,
                                    Dialer::Done done);
  // Takes effect for later sessions.
  void set_policy(service::ClientPolicy policy) { policy_ = std::move(policy); }
  void Cancel(DialId id);

 private:
  [[nodiscard]] bool HasTargets() const {
    return shared_.service.protocol == config::Protocol::kSocks;
  }
  [[nodiscard]] Result<DialId> StartCommand(const wire::SessionInfo& info,
                                            const ChannelPort::Peer& peer, Dialer::Done done);

  SharedState& shared_;
  Dialer& dialer_;
  service::ClientPolicy policy_;
  std::unique_ptr<CommandStarter> commands_;  // null: the service carries none
};

}  // namespace funnel::tcpd
