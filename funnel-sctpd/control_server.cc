#include "funnel-sctpd/control_server.h"

#include "common/base/log.h"
#include "common/base/text.h"

namespace funnel::sctpd {

Result<std::unique_ptr<ControlServer>> ControlServer::Create(event::Loop& loop, UniqueFd listening,
                                                             Core& core, ChannelTable& channels) {
  std::unique_ptr<ControlServer> server(new ControlServer(loop, core, channels));
  server->listener_ = TRY(ipc::ControlListener::Create(
      loop, std::move(listening),
      [raw = server.get()](UniqueFd fd) { raw->OnConnection(std::move(fd)); }));
  return server;
}

ControlServer::ControlServer(event::Loop& loop, Core& core, ChannelTable& channels)
    : loop_(loop),
      core_(core),
      channels_(channels),
      commands_(
          [this] {
            const config::NodeConfig& node = core_.config.node;
            return ipc::CommandTable::Rules{node.read_group, node.admin_group,
                                            node.control.commands};
          },
          [this](const std::string& why) {
            core_.Count(kCommandsDenied);
            Log(LogLevel::kWarning, "command-denied", EscapeForLog(why, 1024));
          }) {}

void ControlServer::OnConnection(UniqueFd fd) {
  if (clients_.size() >= core_.config.node.sctp.control_clients) {
    core_.Count(kAttachRejected);
    Log(LogLevel::kWarning, "control-limit", "too many connections to sctpd.sock");
    return;
  }
  std::uint64_t number = next_client_++;
  ipc::ControlConnection::Callbacks callbacks;
  callbacks.on_message = [this, number](ByteView packet, UniqueFd passed) {
    OnMessage(number, packet, std::move(passed));
  };
  callbacks.on_closed = [this, number](const std::string&) { clients_.erase(number); };
  auto connection = ipc::ControlConnection::Create(loop_, ipc::ControlSocket(std::move(fd)),
                                                   std::move(callbacks));
  if (!connection) return;
  Client& client = clients_[number];
  client.connection = *std::move(connection);
  client.commands = std::make_unique<ipc::CommandSession>(commands_, *client.connection);
}

void ControlServer::OnMessage(std::uint64_t number, ByteView packet, UniqueFd fd) {
  auto found = clients_.find(number);
  if (found == clients_.end()) return;
  Client& client = found->second;
  auto done = Dispatch(client, packet, std::move(fd));
  if (done) return;
  core_.Count(kAttachRejected);
  Log(LogLevel::kWarning, "request-rejected", done.error().message);
  client.connection->Send(ipc::Rejected{.text = done.error().message});
}

Result<> ControlServer::Dispatch(Client& client, ByteView packet, UniqueFd fd) {
  ipc::MessageType type = TRY(ipc::TypeOf(packet));
  if (type == ipc::MessageType::kAttach)
    return Attach(*client.connection, TRY(ipc::Parse<ipc::Attach>(packet)), std::move(fd));
  if (fd) return Fail("this message carries no descriptor");
  if (type == ipc::MessageType::kCommand) return client.commands->OnPacket(packet);
  return Fail("sctpd does not take messages of this type");
}

Result<> ControlServer::Attach(ipc::ControlConnection& client, const ipc::Attach& request,
                               UniqueFd fd) {
  if (!fd) return Fail("Attach without a channel socket");
  const std::string& name = request.service.text();
  const auto* service = core_.config.FindService(name);
  if (service == nullptr || service->role != config::Role::kListen)
    return Fail("no service '" + name + "' listens here");
  if (service->peer != request.peer)
    return Fail("the service '" + name + "' goes to the peer '" + service->peer + "'");
  ipc::PeerCredentials asker = TRY(ipc::ReadPeerCredentials(client.fd()));
  TRY(ipc::RequireEdge(asker, request.service, service->edge_user));
  TRY(channels_.Attach(*service, std::move(fd)));
  client.Send(ipc::Attached{});
  return {};
}

}  // namespace funnel::sctpd
