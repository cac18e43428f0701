// $RUN/sctpd.sock: edges attach channels, funnelctl asks for status. Every request is checked for
// who asks.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "common/event/loop.h"
#include "common/ipc/control_connection.h"
#include "common/ipc/credentials.h"
#include "common/ipc/sctpd_messages.h"
#include "common/ipc/status_messages.h"
#include "funnel-sctpd/channel_table.h"

namespace funnel::sctpd {

class ControlServer {
 public:
  using MakeStatus = std::function<std::string()>;

  // LISTENING: a SOCK_SEQPACKET socket that the service manager holds. MAKE_STATUS yields one JSON
  // object.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> Create(event::Loop& loop,
                                                                     UniqueFd listening, Core& core,
                                                                     ChannelTable& channels,
                                                                     MakeStatus make_status);

 private:
  ControlServer(event::Loop& loop, Core& core, ChannelTable& channels, MakeStatus make_status);
  void OnConnection(UniqueFd fd);
  void OnMessage(std::uint64_t client, ByteView packet, UniqueFd fd);
  [[nodiscard]] Result<> Dispatch(ipc::ControlConnection& client, ByteView packet, UniqueFd fd);
  [[nodiscard]] Result<> Attach(ipc::ControlConnection& client, const ipc::Attach& request,
                                UniqueFd fd);
  [[nodiscard]] Result<> AnswerStatus(ipc::ControlConnection& client, const ipc::Status& request);

  event::Loop& loop_;
  Core& core_;
  ChannelTable& channels_;
  MakeStatus make_status_;
  std::map<std::uint64_t, std::unique_ptr<ipc::ControlConnection>> clients_;
  std::uint64_t next_client_ = 0;
  std::unique_ptr<ipc::ControlListener> listener_;
};

}  // namespace funnel::sctpd
