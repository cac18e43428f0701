// One client on authd.sock: an edge, sctpd, or funnelctl. Each message is checked against who the
// client is at that moment, and is then given to the part that does the work.
//
// Owned by the server; thread: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/ipc/command_table.h"
#include "common/ipc/control_connection.h"
#include "common/ipc/credentials.h"
#include "funnel-authd/accept.h"
#include "funnel-authd/initiate.h"
#include "funnel-authd/peer/peer_links.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

// The parts that handle a client's messages.
struct Receivers {
  SharedState& shared;
  InitiateHandshakes& initiate;
  AcceptHandshakes& accept;
  PeerLinks& peers;
  const ipc::CommandTable& commands;
};

class Client {
 public:
  // ON_CLOSED is called once, and may destroy the client.
  [[nodiscard]] static Result<std::unique_ptr<Client>> Create(Receivers& receivers, ClientId id,
                                                              ForeignFd connection,
                                                              std::function<void()> on_closed);

  void SendPacket(Secret packet) { connection_->SendPacket(std::move(packet)); }
  // The uid at the time when the client connected.
  [[nodiscard]] uid_t uid() const { return uid_; }

 private:
  Client(Receivers& receivers, ClientId id) : receivers_(receivers), id_(id) {}

  void OnMessage(ByteView packet);
  // An error ends the connection: the client speaks another protocol, or is not who it was.
  [[nodiscard]] Result<> Dispatch(ByteView packet);
  // What only edges may send, and what only sctpd may; an error ends the connection.
  [[nodiscard]] Result<> DispatchEdge(ipc::MessageType type, ByteView packet,
                                      const ipc::PeerCredentials& peer);
  [[nodiscard]] Result<> DispatchSctpd(ipc::MessageType type, ByteView packet,
                                       const ipc::PeerCredentials& peer);
  // Parses an edge's request that names its service. Where the client is not that service's edge,
  // it answers with Failed, and ALLOWED stays false.
  template <typename Message>
  [[nodiscard]] Result<Message> ParseOfEdge(ByteView packet, const ipc::PeerCredentials& peer,
                                            bool& allowed);
  void Deny(std::uint32_t request, const std::string& why);

  Receivers& receivers_;
  const ClientId id_;
  uid_t uid_ = 0;
  std::unique_ptr<ipc::ControlConnection> connection_;
  std::unique_ptr<ipc::CommandSession> commands_;
};

}  // namespace funnel::authd
