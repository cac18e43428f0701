// An edge's own control socket, $RUN/edge/SERVICE/control.sock (SOCK_SEQPACKET). Everybody may
// connect; each command checks who may use it. Nothing but commands goes over it.
//
// Owned by RunEdge; thread: the loop's. Destroy it before what its commands work on.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/base/shares.h"
#include "common/event/loop.h"
#include "common/ipc/command_table.h"
#include "common/ipc/control_connection.h"

namespace funnel::service {

class ControlServer {
 public:
  // Replaces a socket that a predecessor left at PATH, in a folder of ours. MAX_CLIENTS is called
  // at each connection, ON_REJECTED for each that is one too many.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> Create(
      event::Loop& loop, const std::string& path, const ipc::CommandTable& commands,
      std::function<std::size_t()> max_clients, std::function<void()> on_rejected);

 private:
  struct Client {
    Shares::Slot slot;
    std::unique_ptr<ipc::ControlConnection> connection;
    std::unique_ptr<ipc::CommandSession> commands;
  };

  ControlServer(event::Loop& loop, const ipc::CommandTable& commands,
                std::function<std::size_t()> max_clients, std::function<void()> on_rejected)
      : loop_(loop),
        commands_(commands),
        max_clients_(std::move(max_clients)),
        on_rejected_(std::move(on_rejected)) {}
  void OnConnection(ForeignFd fd);
  // A command of client NUMBER, with the socket that it brings, if any; any other message ends its
  // connection.
  void OnMessage(std::uint64_t number, ByteView packet, ForeignFd fd);

  event::Loop& loop_;
  const ipc::CommandTable& commands_;
  std::function<std::size_t()> max_clients_;
  std::function<void()> on_rejected_;
  Shares slots_;  // one a user
  std::map<std::uint64_t, Client> clients_;
  std::uint64_t next_client_ = 0;
  std::unique_ptr<ipc::ControlListener> listener_;
};

}  // namespace funnel::service
