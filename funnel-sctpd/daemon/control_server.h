// $RUN/sctpd.sock: edges attach channels, funnelctl gives commands. Every request is checked for
// who asks.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "common/base/shares.h"
#include "common/event/loop.h"
#include "common/ipc/command_table.h"
#include "common/ipc/control_connection.h"
#include "common/ipc/sctpd_messages.h"
#include "funnel-sctpd/channel/channel_table.h"

namespace funnel::sctpd {

class ControlServer {
 public:
  // LISTENING: a SOCK_SEQPACKET socket that the service manager holds.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> Create(event::Loop& loop,
                                                                     UniqueFd listening,
                                                                     SharedState& shared,
                                                                     ChannelTable& channels);
  // A socket apart, for administrators: whoever comes by it is served as any other.
  [[nodiscard]] Result<> ListenAlso(UniqueFd listening);
  // What funnelctl can ask for; filled before the loop runs.
  [[nodiscard]] ipc::CommandTable& commands() { return commands_; }

 private:
  struct Client {
    Shares::Slot slot;
    std::unique_ptr<ipc::ControlConnection> connection;
    std::unique_ptr<ipc::CommandSession> commands;
  };

  ControlServer(event::Loop& loop, SharedState& shared, ChannelTable& channels);
  void OnConnection(ForeignFd fd);
  // Root and the users of configured edges have slots that nobody else can take.
  [[nodiscard]] Shares::Standing StandingOf(uid_t uid) const;
  void OnMessage(std::uint64_t client, ByteView packet, ForeignFd fd);
  // An error is the answer to CLIENT.
  [[nodiscard]] Result<> Dispatch(Client& client, ByteView packet, ForeignFd fd);
  // FD becomes the link of a channel, if the asker is the edge that it says.
  [[nodiscard]] Result<> Attach(ipc::ControlConnection& client, const ipc::Attach& request,
                                ForeignFd fd);

  event::Loop& loop_;
  SharedState& shared_;
  ChannelTable& channels_;
  ipc::CommandTable commands_;
  Shares slots_;  // of users
  std::map<std::uint64_t, Client> clients_;
  std::uint64_t next_client_ = 0;
  std::vector<std::unique_ptr<ipc::ControlListener>> listeners_;
};

}  // namespace funnel::sctpd
