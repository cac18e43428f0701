#include "funnel-sctpd/daemon/control_server.h"

#include <sys/socket.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/credentials.h"

namespace funnel::sctpd {

Result<std::unique_ptr<ControlServer>> ControlServer::Create(event::Loop& loop, UniqueFd listening,
                                                             SharedState& shared,
                                                             ChannelTable& channels) {
  std::unique_ptr<ControlServer> server(new ControlServer(loop, shared, channels));
  TRY(server->ListenAlso(std::move(listening)));
  return server;
}

Result<> ControlServer::ListenAlso(UniqueFd listening) {
  listeners_.push_back(TRY(ipc::ControlListener::Create(
      loop_, std::move(listening), [this](ForeignFd fd) { OnConnection(std::move(fd)); })));
  return {};
}

Shares::Standing ControlServer::StandingOf(uid_t uid) const {
  const bool known =
      uid == 0 || std::ranges::any_of(shared_.config.services, [uid](const auto& one) {
        return ipc::IsUser(uid, one.edge_user);
      });
  return known ? Shares::Standing::kKnown : Shares::Standing::kStranger;
}

ControlServer::ControlServer(event::Loop& loop, SharedState& shared, ChannelTable& channels)
    : loop_(loop),
      shared_(shared),
      channels_(channels),
      commands_(
          [this] {
            const config::NodeConfig& node = shared_.config.node;
            return ipc::CommandTable::Rules{node.read_group, node.admin_group,
                                            node.control.commands};
          },
          [this](const std::string& why) {
            shared_.Count(kCommandsDenied);
            Log(LogLevel::kWarning, "command-denied", EscapeForLog(why, 1024));
          }) {}

void ControlServer::OnConnection(ForeignFd fd) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) return;

  // The configuration may have changed. Root has its own slots, as each service has.
  slots_.set_limits(
      Shares::Halves(shared_.config.node.sctp.control_clients, shared_.config.services.size() + 1));
  const std::string uid = std::to_string(who.uid);
  Shares::Slot slot = slots_.Take(uid, StandingOf(who.uid));
  if (!slot) {
    shared_.Count(kAttachRejected);
    Log(LogLevel::kWarning, "control-limit", "too many connections to sctpd.sock", {{"UID", uid}});
    return;
  }

  std::uint64_t number = next_client_++;
  ipc::ControlConnection::Callbacks callbacks;
  callbacks.on_message = [this, number](ByteView packet, ForeignFd passed) {
    OnMessage(number, packet, std::move(passed));
  };
  callbacks.on_closed = [this, number](const Error&) { clients_.erase(number); };
  auto connection = ipc::ControlConnection::Create(loop_, ipc::ControlSocket(std::move(fd)),
                                                   std::move(callbacks));
  if (!connection) return;

  Client& client = clients_[number];
  client.slot = std::move(slot);
  client.connection = *std::move(connection);
  client.commands = std::make_unique<ipc::CommandSession>(commands_, *client.connection);
}

void ControlServer::OnMessage(std::uint64_t number, ByteView packet, ForeignFd fd) {
  auto found = clients_.find(number);
  if (found == clients_.end()) return;
  Client& client = found->second;
  auto done = Dispatch(client, packet, std::move(fd));
  if (done) return;

  shared_.Count(kAttachRejected);
  Log(LogLevel::kWarning, "request-rejected", done.error().message);
  client.connection->Send(ipc::Rejected{.text = done.error().message});
}

Result<> ControlServer::Dispatch(Client& client, ByteView packet, ForeignFd fd) {
  ipc::MessageType type = TRY(ipc::TypeOf(packet));
  if (type == ipc::MessageType::kAttach)
    return Attach(*client.connection, TRY(ipc::Parse<ipc::Attach>(packet)), std::move(fd));
  if (type == ipc::MessageType::kCommand) return client.commands->OnPacket(packet);
  return Fail("sctpd does not take messages of this type");
}

Result<> ControlServer::Attach(ipc::ControlConnection& client, const ipc::Attach& request,
                               ForeignFd fd) {
  if (!fd) return Fail("Attach without a channel socket");

  const std::string& name = request.service.text();
  const auto* service = shared_.config.FindService(name);
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
