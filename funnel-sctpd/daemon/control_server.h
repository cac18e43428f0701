// $RUN/sctpd.sock: edges attach channels, funnelctl gives commands. For every request it checks who
// sent it.
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
  // Adds a separate socket for administrators, whose clients are served as any other.
  [[nodiscard]] Result<> ListenAlso(UniqueFd listening);
  // The commands of funnelctl; filled before the loop runs.
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
  // Makes FD the link of a channel, if the client is the edge of the service that it names.
  [[nodiscard]] Result<> Attach(ipc::ControlConnection& client, const ipc::Attach& request,
                                ForeignFd fd);

  event::Loop& loop_;
  SharedState& shared_;
  ChannelTable& channels_;
  ipc::CommandTable commands_;
  Shares slots_;  // one a user
  std::map<std::uint64_t, Client> clients_;
  std::uint64_t next_client_ = 0;
  std::vector<std::unique_ptr<ipc::ControlListener>> listeners_;
};

}  // namespace funnel::sctpd
