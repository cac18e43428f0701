// $RUN/sctpd.sock: edges attach channels, funnelctl gives commands. Every request is checked for
// who asks.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "common/event/loop.h"
#include "common/ipc/command_table.h"
#include "common/ipc/control_connection.h"
#include "common/ipc/credentials.h"
#include "common/ipc/sctpd_messages.h"
#include "funnel-sctpd/channel_table.h"

namespace funnel::sctpd {

class ControlServer {
 public:
  // LISTENING: a SOCK_SEQPACKET socket that the service manager holds.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> Create(event::Loop& loop,
                                                                     UniqueFd listening, Core& core,
                                                                     ChannelTable& channels);
  // What funnelctl can ask for; filled before the loop runs.
  [[nodiscard]] ipc::CommandTable& commands() { return commands_; }

 private:
  struct Client {
    std::unique_ptr<ipc::ControlConnection> connection;
    std::unique_ptr<ipc::CommandSession> commands;
  };

  ControlServer(event::Loop& loop, Core& core, ChannelTable& channels);
  void OnConnection(UniqueFd fd);
  void OnMessage(std::uint64_t client, ByteView packet, UniqueFd fd);
  [[nodiscard]] Result<> Dispatch(Client& client, ByteView packet, UniqueFd fd);
  [[nodiscard]] Result<> Attach(ipc::ControlConnection& client, const ipc::Attach& request,
                                UniqueFd fd);

  event::Loop& loop_;
  Core& core_;
  ChannelTable& channels_;
  ipc::CommandTable commands_;
  std::map<std::uint64_t, Client> clients_;
  std::uint64_t next_client_ = 0;
  std::unique_ptr<ipc::ControlListener> listener_;
};

}  // namespace funnel::sctpd
