// Where funnel-run asks an edge to run the service's command at the far end: a Unix socket that
// everybody may connect to, but only root, `allow-users` and members of `allow-groups` get an
// answer with descriptors: one end of each flow's socket. The other ends become the sessions of one
// command, each of which counts for max-sessions.
//
// Nobody needs to send anything here, so nothing is read, and no descriptor of theirs is taken.
//
// Owned by the listening side, on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/ipc/control_connection.h"
#include "common/ipc/credentials.h"
#include "common/ipc/flow_descriptors.h"
#include "funnel-tcpd/shared_state.h"

namespace funnel::tcpd {

class CommandDoor {
 public:
  // Gets the first flow of a new command, with the others in it.
  using OnCommand = std::function<void(Connection command)>;

  // LISTENING is a listening SOCK_SEQPACKET socket.
  [[nodiscard]] static Result<std::unique_ptr<CommandDoor>> Create(SharedState& shared,
                                                                   UniqueFd listening,
                                                                   OnCommand on_command);
  // The groups of the service may have changed.
  void OnReload();

 private:
  CommandDoor(SharedState& shared, OnCommand on_command);

  void OnConnection(ForeignFd connection);
  // The error is for the user.
  [[nodiscard]] Result<Connection> Admit(const ipc::PeerCredentials& user, ipc::FlowFds flows);
  [[nodiscard]] bool IsAllowed(const ipc::PeerCredentials& user) const;

  SharedState& shared_;
  OnCommand on_command_;
  std::uint64_t commands_ = 0;
  std::unique_ptr<ipc::ControlListener> listener_;
};

}  // namespace funnel::tcpd
